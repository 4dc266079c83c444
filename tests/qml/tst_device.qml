import QtQuick
import QtTest
import Kinglet.App
import Kinglet.Ui
import Kinglet.Test

/// What answers run on: the page that lists it, the choice, and what is said when a graphics card fails.
WindowTest {
    id: suite

    name: "Device"

    readonly property string card: "Radeon RX 6600"

    function openDevices() {
        window.openPage("settings/device");
        tryVerify(() => has("device-auto"), 3000, "The page is open");
    }
    function pill() {
        return find("modelPill");
    }

    function test_cardsAreListedAndChosen() {
        beginWithModel({ "cards": true });
        compare(Harness.deviceAskedFor(), "auto");
        openDevices();
        tryVerify(() => has("device-" + card), 5000, "The card is listed");
        verify(has("device-Radeon Vega 8"));
        verify(find("device-" + card).about.indexOf("free") > 0, find("device-" + card).about);
        verify(find("device-" + card).technical.indexOf("fp16") > 0);
        verify(find("device-auto").checked);

        pressNamed("device-" + card);
        verify(find("device-" + card).checked);
        verify(!find("device-auto").checked);
        tryCompare(app.settings, "device", "vulkan");
        tryVerify(() => Harness.deviceAskedFor() === "vulkan " + card, 5000, "The model is opened there");

        pressNamed("device-cpu");
        tryVerify(() => Harness.deviceAskedFor() === "cpu", 5000, "The card can be turned off");
        keyClick(Qt.Key_Tab);
        keyClick(Qt.Key_Return);
        tryVerify(() => Harness.deviceAskedFor() === "vulkan " + card, 5000, "The keyboard chooses, too");
        app.settings.resetPage("device");
        tryVerify(() => find("device-auto").checked, 3000);
        tryVerify(() => Harness.deviceAskedFor() === "auto", 5000);
    }

    function test_theChoiceIsKept() {
        beginWithModel({ "cards": true });
        openDevices();
        tryVerify(() => has("device-Radeon Vega 8"), 5000);
        pressNamed("device-Radeon Vega 8");
        tryVerify(() => Harness.deviceAskedFor() === "vulkan Radeon Vega 8", 5000);
        closeWindow();
        Harness.restart();
        openWindow();
        tryCompare(app.model, "state", ModelStatus.Ready, 10000);
        compare(Harness.deviceAskedFor(), "vulkan Radeon Vega 8");
    }

    function test_withoutACard() {
        beginWithModel();
        openDevices();
        tryVerify(() => find("deviceChoice").hint.indexOf("No graphics device. No Vulkan driver") === 0, 5000);
        verify(find("device-cpu").visible, "The processor can be chosen all the same");
        window.openPage("modelSettings");
        tryVerify(() => has("modelSheetDone"), 3000);
        verify(!has("modelDevice"), "There is nothing to choose");
    }

    function test_aModelOfItsOwn() {
        beginWithModel({ "cards": true });
        window.openPage("modelSettings");
        tryVerify(() => has("modelDevice"), 5000);
        app.modelEditor.set("device", "cpu");
        tryVerify(() => Harness.deviceAskedFor() === "cpu", 5000);
        compare(app.modelEditor.origins.device, "yours");
        compare(app.settings.device, "auto");
        app.modelEditor.putBack("device");
        tryVerify(() => Harness.deviceAskedFor() === "auto", 5000);
    }

    function test_aLostCardIsTold() {
        beginWithModel({ "cards": true });
        const why = card + " stopped working; the processor goes on.";
        verify(Harness.accessibleName(pill()).indexOf("instead") < 0);
        Harness.answer("The rest came from the processor.", { "lostCard": why });
        say("Hello");
        tryVerify(() => app.model.deviceFellBack, 10000);
        tryVerify(() => Harness.accessibleName(pill()).indexOf("on the processor instead of the graphics card") > 0, 3000);
        compare(app.model.deviceText, "Processor, AVX2");
        openDevices();
        tryVerify(() => has("deviceFellBack"), 3000);
        compare(find("deviceFellBack").hint, why);
        compare(find("deviceInUse").text, "Processor, AVX2");
        pressNamed("tryCardAgain");
        tryVerify(() => app.model.state === ModelStatus.Ready && !app.model.deviceFellBack, 10000, "The model is opened anew");
        verify(!has("deviceFellBack"));
    }

    function test_theNoticeTriesAgain() {
        beginWithModel({ "cards": true });
        Harness.answer("Words.", { "lostCard": "Gone." });
        say("Hello");
        tryVerify(() => has("toastAction"), 10000, "A notice offers to try again");
        pressNamed("toastAction");
        tryVerify(() => app.model.state === ModelStatus.Ready && !app.model.deviceFellBack, 10000);
    }
}
