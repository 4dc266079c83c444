import QtQuick
import QtTest
import Kinglet.Ui

/// WCAG AA: every pair of ink and ground of the theme, light and dark.
TestCase {
    name: "Theme"

    function linear(channel) {
        return channel <= 0.04045 ? channel / 12.92 : Math.pow((channel + 0.055) / 1.055, 2.4);
    }
    function luminance(colour) {
        return 0.2126 * linear(colour.r) + 0.7152 * linear(colour.g) + 0.0722 * linear(colour.b);
    }
    function contrast(one, other) {
        const a = luminance(Qt.darker(one, 1));
        const b = luminance(Qt.darker(other, 1));
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }

    function cleanup() {
        Theme.dark = false;
        Theme.reducedMotion = false;
        Theme.textScale = 1;
    }

    Component {
        id: iconComponent
        Icon {}
    }
    /// Where Qt's SVG plugin is missing, all buttons would be bare.
    function test_iconsAreDrawn() {
        const icon = createTemporaryObject(iconComponent, this, { "glyph": "search" });
        compare(icon.status, Image.Ready);
        verify(icon.implicitWidth > 0);
        ignoreWarning(new RegExp("no-such-icon"));
        icon.glyph = "no-such-icon";
        compare(icon.status, Image.Error);
    }

    function test_knownContrasts() {
        compare(Math.round(contrast("#000000", "#ffffff") * 10) / 10, 21);
        compare(Math.round(contrast("#777777", "#ffffff") * 100) / 100, 4.48);
    }
    function test_contrast_data() {
        return [{ "tag": "light", "dark": false }, { "tag": "dark", "dark": true }];
    }
    function test_contrast(data) {
        Theme.dark = data.dark;
        const pairs = Theme.contrastPairs();
        verify(pairs.length >= 75);
        const low = [];
        for (const pair of pairs) {
            const ratio = contrast(pair.ink, pair.ground);
            if (ratio < pair.least)
                low.push(pair.name + ": " + ratio.toFixed(2) + " of " + pair.least);
        }
        compare(low, []);
    }
    function test_reducedMotion() {
        Theme.reducedMotion = true;
        compare(Theme.quick, 0);
        compare(Theme.panel, 0);
        Theme.reducedMotion = false;
        compare(Theme.quick, 120);
        compare(Theme.panel, 180);
    }
    function test_typeScale() {
        compare([Theme.caption, Theme.small, Theme.body, Theme.title, Theme.pageTitle, Theme.welcome], [12, 13, 15, 17, 22, 30]);
        Theme.textScale = 1.6;
        verify(Theme.controlHeight > Theme.body * 1.5, "Controls grow with the text");
    }
    function test_plainTextStaysPlain() {
        const rich = Theme.plainToRich("<b>a & b</b>\n", 1.2);
        verify(rich.indexOf("&lt;b&gt;a &amp; b&lt;/b&gt;</p>") > 0, rich);
    }
}
