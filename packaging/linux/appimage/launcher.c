/* AppRun: what is started in the mounted or extracted image. Chooses the program, and lends it those libraries of
 * lib/fallback (a folder for each) that this system does not have; what the system has is used from there, because its
 * graphics drivers, fonts and updates belong to it. See libraries.txt. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char root[PATH_MAX - 256];

/* Puts `value` before what `name` holds, with a colon between. */
static void prepend(const char* name, const char* value) {
    const char* before = getenv(name);
    char* joined = NULL;
    if (!before || !*before) setenv(name, value, 1);
    else if (asprintf(&joined, "%s:%s", value, before) > 0) setenv(name, joined, 1);
    free(joined);
}

static void lend_missing_libraries(void) {
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/usr/lib/fallback", root);
    DIR* all = opendir(folder);
    if (!all) return;
    for (struct dirent* entry = readdir(all); entry; entry = readdir(all)) {
        if (entry->d_name[0] == '.' || dlopen(entry->d_name, RTLD_LAZY | RTLD_LOCAL)) continue;
        snprintf(folder, sizeof folder, "%s/usr/lib/fallback/%s", root, entry->d_name);
        prepend("LD_LIBRARY_PATH", folder);
    }
    closedir(all);
}

/* Where the system does not have `file`, the variable `name` says where the bundled one is. */
static void lend_data(const char* name, const char* file, const char* bundled) {
    char path[PATH_MAX];
    if (getenv(name) || access(file, R_OK) == 0) return;
    snprintf(path, sizeof path, "%s/usr/%s", root, bundled);
    setenv(name, path, 1);
}

/* Kinglet.AppImage cli ..., or the AppImage under a name such as kinglet-cli. */
static int wants_command_line(int argc, char** argv) {
    const char* called = getenv("ARGV0");
    const char* name = called ? strrchr(called, '/') : NULL;
    name = name ? name + 1 : called;
    if (name && strncmp(name, "kinglet-cli", 11) == 0) return 1;
    if (argc < 2 || strcmp(argv[1], "cli") != 0) return 0;
    return 2;
}

int main(int argc, char** argv) {
    char program[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", root, sizeof root - 1);
    char* slash = length > 0 ? strrchr(root, '/') : NULL;
    if (!slash) return fputs("Kinglet: /proc is not there.\n", stderr), 127;
    *slash = 0;
    if (argc == 2 && (strcmp(argv[1], "--integrate") == 0 || strcmp(argv[1], "--unintegrate") == 0)) {
        snprintf(program, sizeof program, "%s/usr/share/kinglet/integrate.sh", root);
        execl("/bin/sh", "sh", program, argv[1], (char*)NULL);
        return perror(program), 127;
    }
    lend_missing_libraries();
    lend_data("FONTCONFIG_FILE", "/etc/fonts/fonts.conf", "etc/fonts/fonts.conf");
    lend_data("XKB_CONFIG_ROOT", "/usr/share/X11/xkb/rules/evdev", "share/X11/xkb");
    const int command_line = wants_command_line(argc, argv);
    snprintf(program, sizeof program, "%s/usr/bin/%s", root, command_line ? "kinglet-cli" : "kinglet");
    if (command_line == 2) {
        argv[1] = argv[0];
        ++argv;
    }
    execv(program, argv);
    return perror(program), 127;
}
