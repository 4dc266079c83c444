-- How Finder shows the disk image that make_dmg.sh has mounted: the application beside the link to Applications, on the background.
on run arguments
    set image to POSIX file (item 1 of arguments) as alias
    tell application "Finder"
        open image
        set view to container window of image
        set current view of view to icon view
        set toolbar visible of view to false
        set statusbar visible of view to false
        set bounds of view to {200, 120, 840, 520}
        set options to icon view options of view
        set arrangement of options to not arranged
        set icon size of options to 112
        set background picture of options to file ".background:background.png" of image
        set position of item "Kinglet.app" of image to {170, 200}
        set position of item "Applications" of image to {470, 200}
        update image without registering applications
        close view
    end tell
end run
