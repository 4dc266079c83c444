import QtQuick
import QtTest
import Kinglet.App
import Kinglet.Ui
import Kinglet.Test

/// The sheet with the settings of one model: the ways to it, what it says of each value, and what follows from a change.
WindowTest {
    id: suite

    name: "ModelSettings"

    readonly property ModelEditor editor: app ? app.modelEditor : null

    SignalSpy {
        id: settled
        target: suite.app ? suite.app.model : null
        signalName: "settled"
    }

    function openSheet() {
        window.openPage("modelSettings");
        tryVerify(() => has("modelSheetDone"), 3000, "The sheet is open");
    }
    /// Presses what may have to be scrolled to.
    function pressInSheet(item) {
        item.forceActiveFocus(Qt.TabFocusReason);
        press(item);
    }
    function origin(name) {
        return find("origin_" + name).text;
    }
    function slide(name, key, times) {
        find("slider_" + name).forceActiveFocus(Qt.TabFocusReason);
        for (let i = 0; i < times; ++i)
            keyClick(key);
    }

    function test_fromTheLibrary() {
        beginWithModel();
        keyClick(Qt.Key_L, Qt.ControlModifier);
        tryVerify(() => has("moreAboutModel1"), 3000);
        pressNamed("moreAboutModel1");
        tryVerify(() => has("settingsOfModel"), 3000);
        pressNamed("settingsOfModel");
        tryVerify(() => has("modelSheetDone"), 3000);
        compare(editor.path, Harness.modelId("Phi 2"));
        verify(Harness.accessibleName(find("slider_temperature")) === "Temperature");
        slide("temperature", Qt.Key_Left, 4);
        compare(editor.values.temperature.toFixed(2), "0.50");
        keyClick(Qt.Key_Escape);
        tryVerify(() => !has("modelSheetDone"), 3000, "Escape closes it");
        compare(window.page, "library");
        compare(chat.temperature, 0.7, "Another model's settings change nothing here");
        app.models.load(Harness.modelId("Phi 2"));
        tryVerify(() => app.model.state === ModelStatus.Ready && app.model.name === "Phi 2", 5000);
        compare(chat.temperature.toFixed(2), "0.50");
    }

    function test_fromThePanel() {
        beginWithModel();
        window.openPage("panel");
        tryVerify(() => has("modelSettings"), 3000);
        pressNamed("modelSettings");
        tryVerify(() => has("modelSheetDone"), 3000);
        find("modelSystemPrompt").edit.forceActiveFocus();
        type("Sing.");
        compare(chat.systemPrompt, "Sing.");
        compare(origin("system_prompt"), "Yours");
        pressNamed("modelSheetDone");
        tryVerify(() => !has("modelSheetDone"), 3000);
        chat.systemPrompt = "Hum.";
        compare(editor.values.system_prompt, "Sing.", "A chat's own leaves the model's alone");
    }

    function test_whereAValueComesFrom() {
        begin({ "sampling": { "temperature": 0.6 } });
        tryCompare(app.model, "state", ModelStatus.Ready, 10000);
        app.settings.defaultTopK = 30;
        openSheet();
        compare(find("value_temperature").text, "0.60");
        compare(origin("temperature"), "From the model's file");
        compare(origin("top_k"), "From Settings");
        compare(origin("top_p"), "Kinglet's default");
        compare(find("changedCount").text, "Nothing changed");
        verify(!has("putAllBack") && !has("putBack_temperature"));

        slide("temperature", Qt.Key_Right, 2);
        compare(find("value_temperature").text, "0.70");
        compare(origin("temperature"), "Yours; the model's file says 0.60");
        slide("top_k", Qt.Key_Left, 1);
        compare(origin("top_k"), "Yours; Settings say 30 words");
        slide("repeat_penalty", Qt.Key_Right, 2);
        compare(origin("repeat_penalty"), "Yours; Kinglet's default is 1.10");
        compare(find("changedCount").text, "3 changed");
        verify(Harness.accessibleName(find("putBack_temperature")).indexOf("Temperature") > 0);
        find("putBack_temperature").forceActiveFocus(Qt.TabFocusReason);
        keyClick(Qt.Key_Return);
        compare(origin("temperature"), "From the model's file");
        compare(find("value_temperature").text, "0.60");

        pressNamed("putAllBack");
        compare(find("changedCount").text, "Nothing changed");
        compare(find("putAllBack").text, "Undo");
        pressNamed("putAllBack");
        compare(find("changedCount").text, "2 changed");
    }

    function test_memoryFollows() {
        beginWithModel();
        openSheet();
        const seen = () => editor.memoryText;
        tryVerify(() => seen() !== "", 3000);
        const whole = seen();
        slide("context_length", Qt.Key_Left, 4);
        tryVerify(() => seen() !== whole, 3000, "Half as long");
        const half = seen();
        const bits = find("kvTypes");
        tryVerify(() => bits.current === 0, 3000);
        compare(app.model.state, ModelStatus.Ready);
        settled.clear();
        pressInSheet(Harness.controls(bits)[1].item);
        compare(bits.current, 1);
        tryVerify(() => seen() !== half, 3000, "Fewer bits");
        compare(origin("kv_type"), "Yours; Kinglet's default is 16 bits");
        // It is loaded again by itself, with nothing to press.
        tryCompare(settled, "count", 1, 10000);
        compare(app.model.state, ModelStatus.Ready);
    }

    function test_whatHasTheFocusIsInView() {
        beginWithModel();
        window.width = 480;
        window.height = 600;
        openSheet();
        for (let i = 0; i < 40 && !find("addAdapter").activeFocus; ++i)
            keyClick(Qt.Key_Tab);
        verify(find("addAdapter").activeFocus, "Tab comes to the end");
        const sheet = find("modelSheetDone").parent.parent.parent;
        const place = find("addAdapter").mapToItem(sheet, 0, 0);
        verify(place.y > 0 && place.y + find("addAdapter").height < sheet.height, "It is in view: " + place.y);
    }

    function test_nothingLeavesTheSheet_data() {
        return [
            { "tag": "480", "width": 480, "scale": 1 },
            { "tag": "480, large text", "width": 480, "scale": 1.6 },
            { "tag": "1100, large text", "width": 1100, "scale": 1.6 }
        ];
    }
    function test_nothingLeavesTheSheet(data) {
        beginWithModel();
        app.settings.textScale = data.scale;
        window.width = data.width;
        app.modelEditor.edit(Harness.modelId("TinyLlama 1.1B"));
        editor.addAdapter("file:///adapters/one-with-a-very-long-name-that-does-not-fit-into-any-row-of-this-sheet.gguf");
        for (const name of ["temperature", "top_k", "threads"])
            editor.set(name, 1);
        tryVerify(() => has("modelSheetDone"), 3000);
        wait(100);
        const sheet = find("modelSheetDone").parent.parent.parent;
        verify(sheet.width <= data.width - 16, "It keeps off the edges");
        const outside = Harness.controls(sheet).filter(control => {
            const place = control.item.mapToItem(sheet, 0, 0);
            return place.x < 0 || place.x + control.item.width > sheet.width + 0.5;
        }).map(control => control.name);
        compare(outside, []);
        app.settings.textScale = 1;
    }

    /// The real engine and the real judge.
    function test_adapters() {
        const model = Harness.writeModel("");
        Harness.beginReal(model);
        openWindow();
        tryCompare(app.model, "state", ModelStatus.Ready, 20000);
        chat.temperature = 0;
        chat.maxTokens = 16;
        say("Speak");
        tryVerify(() => transcript().count === 2, 10000);
        tryCompare(chat, "generating", false, 30000);
        const before = message(1).text;
        openSheet();
        for (const kind of ["damaged", "foreign"]) {
            editor.addAdapter(Harness.writeAdapter(kind));
            compare(find("addAdapter").text, "Checking " + kind + "-adapter…");
            tryCompare(editor, "checkedAdapter", "", 30000);
            verify(find("adapterProblem").text.indexOf(kind + "-adapter.gguf") >= 0, find("adapterProblem").text);
            verify(find("adapterProblem").visible);
            compare(editor.adapters.length, 0, "It was not taken");
        }
        compare(app.model.state, ModelStatus.Ready, "The model is as it was");
        editor.addAdapter(Harness.writeAdapter("fitting"));
        tryVerify(() => editor.adapters.length === 1, 30000, "It was taken");
        verify(!find("adapterProblem").visible);
        tryVerify(() => has("adapterOn0") && find("adapterOn0").checked, 3000);
        settled.clear();
        editor.setAdapterStrength(0, 2);
        tryCompare(settled, "count", 1, 20000);
        pressNamed("modelSheetDone");
        chat.regenerate(chat.lastAnswerId);
        tryVerify(() => chat.generating, 5000);
        tryCompare(chat, "generating", false, 30000);
        verify(message(1).text !== before, "The adapter changes the answer");
        openSheet();
        settled.clear();
        pressInSheet(find("removeAdapter0"));
        compare(editor.adapters.length, 0);
        tryCompare(settled, "count", 1, 20000);
        compare(app.model.state, ModelStatus.Ready);
    }
}
