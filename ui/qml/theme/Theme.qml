pragma Singleton
import QtQuick

/// Every colour, size, type size and duration of the window. Nothing else holds one.
/// Main.qml keeps `dark`, `textScale` and `reducedMotion` in step with the settings and the system.
QtObject {
    id: theme

    property bool dark: false
    property real textScale: 1
    property bool reducedMotion: false

    // ---- Colours -------------------------------------------------------------------------------------------------
    readonly property color background: dark ? "#171614" : "#FBFAF8"
    readonly property color surface: dark ? "#201F1C" : "#FFFFFF"
    readonly property color sidebar: dark ? "#1B1A18" : "#F3F1ED"
    readonly property color text: dark ? "#ECE7DF" : "#1E1B16"
    readonly property color secondary: dark ? "#A39B8F" : "#6B655B"
    readonly property color hairline: dark ? "#34312C" : "#E4E0D9"
    readonly property color accent: dark ? "#F09A4A" : "#AE5009"
    readonly property color accentInk: dark ? "#231405" : "#FFFFFF"
    readonly property color selection: dark ? "#3A2C1E" : "#F6E3D0"
    readonly property color danger: dark ? "#F2857D" : "#B3261E"
    readonly property color dangerInk: dark ? "#2A0B08" : "#FFFFFF"
    readonly property color success: dark ? "#86C594" : "#2F6B3A"

    /// The accent under a pointer and while pressed.
    readonly property color accentHover: dark ? "#F6AC68" : "#9A4607"
    readonly property color accentPressed: dark ? "#E08C3E" : "#883E06"
    /// Surfaces under a pointer and while pressed, on any ground.
    readonly property color hover: dark ? "#0FFFFFFF" : "#0B1E1B16"
    readonly property color pressed: dark ? "#18FFFFFF" : "#0F1E1B16"
    /// How much is left of a control that can do nothing now.
    readonly property real disabledOpacity: 0.5
    readonly property real shortcutOpacity: 0.72
    /// The edge of a control that a person can type in or drag: 3:1 on its ground.
    readonly property color edge: dark ? "#7A7368" : "#8F887C"
    /// A bubble and a mark that the model no longer sees.
    readonly property color selectionFaint: dark ? "#241F19" : "#FAF1E7"
    readonly property color accentFaint: dark ? "#6E4C2B" : "#D9AE8C"
    /// Behind a dialog.
    readonly property color scrim: dark ? "#99000000" : "#591E1B16"
    readonly property real shadowStrength: dark ? 1 : 0.8
    /// Edge of the composer while it is written in: its caret is what shows the focus.
    readonly property color fieldFocus: dark ? "#57514A" : "#D6CEC2"
    /// Ground of a code span in running text.
    readonly property color codeGround: dark ? "#2A2825" : "#F4F1EC"
    readonly property color textSelection: dark ? "#5A4128" : "#F0CDA8"

    /// What the model wrote, in a text that a person and a model write.
    readonly property color modelInk: dark ? "#E3B98C" : "#7A4718"

    readonly property color codeKeyword: dark ? "#86B4F0" : "#1D5AA0"
    readonly property color codeType: dark ? "#D6A5E6" : "#7C3A96"
    readonly property color codeString: dark ? "#8FCB9C" : "#2C6637"
    readonly property color codeNumber: dark ? "#86B4F0" : "#1D5AA0"
    readonly property color codeComment: dark ? "#9A9287" : "#736C61"

    // ---- The 4 px grid -------------------------------------------------------------------------------------------
    readonly property int space1: 4
    readonly property int space2: 8
    readonly property int space3: 12
    readonly property int space4: 16
    readonly property int space6: 24
    readonly property int space8: 32
    readonly property int space12: 48

    readonly property int radiusControl: 6
    readonly property int radiusField: 8
    readonly property int radiusCard: 10
    readonly property int radiusBubble: 14
    readonly property int radiusComposer: 14
    readonly property int radiusPopup: 12
    readonly property int radiusPill: 999

    readonly property int hairlineWidth: 1
    readonly property int focusWidth: 2

    /// Heights that grow with the text, so that nothing is cut at a large text size.
    readonly property int controlHeight: Math.round(36 * Math.max(1, textScale))
    readonly property int fieldHeight: Math.round(34 * Math.max(1, textScale))
    readonly property int rowHeight: Math.round(34 * Math.max(1, textScale))
    readonly property int headerHeight: 56
    readonly property int iconButton: 32
    readonly property int icon: 20
    readonly property int iconSmall: 16
    readonly property int mark: 26
    readonly property int markLarge: 52

    readonly property int measure: 760
    /// A page that is all text has shorter lines than an answer among messages.
    readonly property int textMeasure: 680
    readonly property int sidebarWidth: 264
    readonly property int sidebarMin: 220
    readonly property int sidebarMax: 380
    readonly property int panelWidth: 300
    readonly property int narrow: 720
    /// The panel stands beside a conversation that keeps this width, else over it.
    readonly property int panelBeside: 500
    readonly property int switcherWidth: 420
    readonly property int pageMeasure: 976
    readonly property int formMeasure: 640

    // ---- Type ----------------------------------------------------------------------------------------------------
    readonly property int caption: Math.round(12 * textScale)
    readonly property int small: Math.round(13 * textScale)
    readonly property int ui: Math.round(14 * textScale)
    readonly property int body: Math.round(15 * textScale)
    readonly property int title: Math.round(17 * textScale)
    readonly property int pageTitle: Math.round(22 * textScale)
    readonly property int welcome: Math.round(30 * textScale)
    readonly property int code: Math.round(13 * textScale)

    /// Line heights are asked for in multiples of the size, but Qt takes multiples of the font's own spacing.
    readonly property real naturalSpacing: metrics.lineSpacing / 100
    readonly property real lineHeight: 1.35 / naturalSpacing
    readonly property real leadLineHeight: 1.5 / naturalSpacing
    readonly property real bubbleLineHeight: 1.45 / naturalSpacing
    readonly property real codeLineHeight: 1.5 / (monoMetrics.lineSpacing / 100)
    readonly property real answerLineHeight: 1.55 / naturalSpacing

    readonly property string fontFamily: theme.pickFamily(["Inter", "Inter Variable"], Application.font.family)
    readonly property string monoFamily: theme.pickFamily(["JetBrains Mono", "Cascadia Mono", "SF Mono", "Menlo",
        "Consolas", "DejaVu Sans Mono", "Liberation Mono"], "monospace")

    readonly property var families: Qt.fontFamilies()
    readonly property FontMetrics metrics: FontMetrics {
        font.family: theme.fontFamily
        font.pixelSize: 100
    }
    readonly property FontMetrics monoMetrics: FontMetrics {
        font.family: theme.monoFamily
        font.pixelSize: 100
    }

    function pickFamily(wanted: var, otherwise: string): string {
        for (const name of wanted) {
            if (theme.families.indexOf(name) >= 0)
                return name;
        }
        return otherwise;
    }

    // ---- Motion --------------------------------------------------------------------------------------------------
    readonly property int quick: reducedMotion ? 0 : 120
    readonly property int panel: reducedMotion ? 0 : 180

    // ---- Rich text -----------------------------------------------------------------------------------------------
    /// The style sheet before every piece of sanitised HTML: our colours, never the model's.
    function richTextHead(ink: color, lineHeight: real): string {
        return "<style>p,li,h1,h2,h3,h4,h5,h6,blockquote,td{line-height:" + Math.round(lineHeight * 100)
            + "%;margin:0;color:" + ink + "}a{color:" + theme.accent
            + ";text-decoration:underline}code,tt{font-family:'" + theme.monoFamily + "';font-size:"
            + Math.round(13.5 * textScale) + "px;background-color:" + theme.codeGround + "}</style>";
    }

    /// Whether the first letter of a text belongs to a script that runs from right to left.
    function runsRightToLeft(words: string): bool {
        return /^[^A-Za-z\u00C0-\u058F\u0900-\u1FFF\u2C00-\uD7FF]*[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]/.test(words.slice(0, 400));
    }

    /// Plain text as rich text that keeps every blank and break: the only way to give a TextEdit a line height.
    function plainToRich(plain: string, lineHeight: real): string {
        const safe = plain.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/\n$/, "");
        return "<p style=\"white-space:pre-wrap;margin:0;line-height:" + Math.round(lineHeight * 100) + "%\">" + safe + "</p>";
    }

    // ---- Contrast ------------------------------------------------------------------------------------------------
    /// A colour with an alpha (or `share` of one) as it looks on a ground.
    function over(top: color, ground: color, share: real): color {
        const part = top.a * share;
        return Qt.rgba(top.r * part + ground.r * (1 - part), top.g * part + ground.g * (1 - part),
            top.b * part + ground.b * (1 - part), 1);
    }

    /// Every pair of ink and ground that the window draws, with the ratio that WCAG AA asks of it. A test computes them.
    function contrastPairs(): var {
        const pairs = [];
        function add(name, ink, ground, least) {
            pairs.push({ "name": name, "ink": ink, "ground": ground, "least": least });
        }
        const grounds = { "background": background, "surface": surface, "sidebar": sidebar };
        const states = { "hovered ": hover, "pressed ": pressed };
        for (const ground in grounds) {
            add("text on " + ground, text, grounds[ground], 4.5);
            add("secondary on " + ground, secondary, grounds[ground], 4.5);
            // Accent also rings what has the focus, and danger what is typed wrong.
            add("accent on " + ground, accent, grounds[ground], 4.5);
            add("danger on " + ground, danger, grounds[ground], 4.5);
            add("success on " + ground, success, grounds[ground], 4.5);
            add("edge on " + ground, edge, grounds[ground], 3);
            for (const state in states) {
                const touched = over(states[state], grounds[ground], 1);
                add("text on " + state + ground, text, touched, 4.5);
                add("secondary on " + state + ground, secondary, touched, 4.5);
                add("danger on " + state + ground, danger, touched, 4.5);
                add("success on " + state + ground, success, touched, 3);
                // On the sidebar accent is a dot, elsewhere also the label of a button.
                add("accent on " + state + ground, accent, touched, ground === "sidebar" ? 3 : 4.5);
            }
            // WCAG asks nothing of what is disabled; it has to be seen all the same.
            const faded = over(text, grounds[ground], disabledOpacity);
            add("disabled text on " + ground, faded, grounds[ground], 2);
            add("disabled icon on " + ground, over(secondary, grounds[ground], disabledOpacity), grounds[ground], 2);
            add("disabled danger on " + ground, over(danger, grounds[ground], disabledOpacity), grounds[ground], 2);
            add("disabled button on " + ground, over(accentInk, grounds[ground], disabledOpacity),
                over(accent, grounds[ground], disabledOpacity), 2);
        }
        add("dot of no model on a hovered pill", edge, over(hover, background, 1), 3);
        add("tooltip", background, text, 4.5);
        add("shortcut in a tooltip", over(background, text, shortcutOpacity), text, 4.5);
        add("where a file is dropped", accent, over(background, text, 0.94), 4.5);
        add("words where a file is dropped", secondary, over(background, text, 0.94), 4.5);
        add("text on selection", text, selection, 4.5);
        add("accent on selection", accent, selection, 3);
        add("secondary on selection", secondary, selection, 4.5);
        add("secondary on a faint bubble", secondary, selectionFaint, 4.5);
        add("text on a faint bubble", text, selectionFaint, 4.5);
        add("text on a code span", text, codeGround, 4.5);
        add("secondary on a code span", secondary, codeGround, 4.5);
        add("link in a code span", accent, codeGround, 4.5);
        add("text on selected text", text, textSelection, 4.5);
        add("the model's words", modelInk, background, 4.5);
        add("on accent", accentInk, accent, 4.5);
        add("on accent, hovered", accentInk, accentHover, 4.5);
        add("on accent, pressed", accentInk, accentPressed, 4.5);
        add("on danger", dangerInk, danger, 4.5);
        add("on danger, hovered", dangerInk, over(hover, danger, 1), 4.5);
        add("on danger, pressed", dangerInk, over(pressed, danger, 1), 4.5);
        const inks = { "keyword": codeKeyword, "type": codeType, "string": codeString, "number": codeNumber,
            "comment": codeComment };
        for (const ink in inks)
            add("code " + ink, inks[ink], surface, 4.5);
        return pairs;
    }
}
