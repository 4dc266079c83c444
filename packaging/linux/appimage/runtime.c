/* What stands at the beginning of the AppImage: a program that makes the squashfs image behind itself visible as a folder
 * and starts AppRun in it. Where FUSE works the image is mounted, by a process that ends when the last program using the
 * image has ended; elsewhere it is extracted to a temporary folder, which is removed afterwards.
 *
 * Type 2 of the AppImage format: bytes 8 to 10 of the file are 'A', 'I', 2 (written by build.sh), the image begins where
 * the ELF file ends, and AppRun finds APPIMAGE, APPDIR, ARGV0 and OWD in its environment. Linked statically. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <squashfuse/ll.h>

static char image[PATH_MAX]; /* this file, without links */
static off_t payload;        /* where its squashfs image begins */

static const char usage[] =
    "What this file can do as an AppImage:\n"
    "  --appimage-extract [PATTERN]  write what is inside, or what matches, to squashfs-root\n"
    "  --appimage-extract-and-run    run from a temporary copy instead of a FUSE mount\n"
    "                                (also: APPIMAGE_EXTRACT_AND_RUN=1; without FUSE it happens by itself)\n"
    "  --appimage-mount              mount it, print where, and wait for Ctrl+C\n"
    "  --appimage-offset             print where the squashfs image begins\n"
    "  --appimage-portable-home      make the folder beside it that Kinglet then keeps its data in\n"
    "  --appimage-help               print this text\n"
    "Everything else goes to Kinglet: try --help, and cli --help for the command line.\n";

static int fail(const char* what) {
    fprintf(stderr, "%s: %s: %s\n", image, what, strerror(errno));
    return 127;
}

/* The linker puts the table of sections last, so the file ends with it. */
static off_t end_of_elf(const char* path) {
    Elf64_Ehdr header;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t got = fd < 0 ? -1 : pread(fd, &header, sizeof header, 0);
    if (fd >= 0) close(fd);
    if (got != (ssize_t)sizeof header || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return -1;
    return (off_t)(header.e_shoff + (Elf64_Off)header.e_shentsize * header.e_shnum);
}

/* Replaces this process by the program in `folder`. */
static int run(const char* folder, char** arguments) {
    char program[PATH_MAX], here[PATH_MAX];
    snprintf(program, sizeof program, "%s/AppRun", folder);
    setenv("APPIMAGE", image, 1);
    setenv("APPDIR", folder, 1);
    setenv("ARGV0", arguments[0], 1);
    if (getcwd(here, sizeof here)) setenv("OWD", here, 1);
    execv(program, arguments);
    return fail(program);
}

static char* temporary_folder(char* path, size_t size, const char* name) {
    const char* parent = getenv("TMPDIR");
    snprintf(path, size, "%s/%s", parent && *parent ? parent : "/tmp", name);
    return mkdtemp(path);
}

/* ---- Mounting ------------------------------------------------------------------------------------------------ */

/* Answers the kernel until nobody holds the other end of `users` any more. */
static void answer_requests(struct fuse_session* session, int users) {
    struct fuse_buf buffer = {0};
    struct pollfd ready[2] = {{fuse_session_fd(session), POLLIN, 0}, {users, POLLIN, 0}};
    while (!fuse_session_exited(session)) {
        if (poll(ready, 2, -1) < 0 && errno != EINTR) break;
        if (ready[1].revents) break;
        if (!ready[0].revents) continue;
        const int got = fuse_session_receive_buf(session, &buffer);
        if (got == -EINTR || got == -EAGAIN) continue;
        if (got <= 0) break;
        fuse_session_process_buf(session, &buffer);
    }
}

/* Mounts the image on `folder`, says so through `ready`, and serves it. Ends the process. */
static void serve(const char* folder, int ready, int users) {
    static struct fuse_lowlevel_ops operations = {
        .lookup = sqfs_ll_op_lookup,       .getattr = sqfs_ll_op_getattr,
        .opendir = sqfs_ll_op_opendir,     .readdir = sqfs_ll_op_readdir,
        .releasedir = sqfs_ll_op_releasedir, .open = sqfs_ll_op_open,
        .read = sqfs_ll_op_read,           .release = sqfs_ll_op_release,
        .readlink = sqfs_ll_op_readlink,   .listxattr = sqfs_ll_op_listxattr,
        .getxattr = sqfs_ll_op_getxattr,   .forget = sqfs_ll_op_forget,
        .statfs = stfs_ll_op_statfs,
    };
    char* words[] = {"kinglet", "-o", "ro,nosuid,nodev,fsname=Kinglet.AppImage,subtype=squashfuse", NULL};
    struct fuse_args arguments = FUSE_ARGS_INIT(3, words);
    sqfs_ll_chan channel = {0};
    /* Whoever waits for the end of our output shall not wait for this process, and Ctrl+C is not for it. */
    const int nothing = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) dup2(nothing, fd);
    setsid();
    sqfs_ll* files = sqfs_ll_open(image, (size_t)payload);
    if (!files || sqfs_ll_mount(&channel, folder, &arguments, &operations, sizeof operations, files) != SQFS_OK)
        _exit(1);
    if (write(ready, "", 1) == 1) answer_requests(channel.session, users);
    sqfs_ll_unmount(&channel, folder);
    rmdir(folder);
    _exit(0);
}

/* Mounts the image on `folder`, for as long as this process or what it becomes lives. False where FUSE does not work. */
static int mounted(const char* folder) {
    int users[2], ready[2];
    char byte;
    if (pipe(users) != 0 || pipe(ready) != 0) return 0;
    const pid_t child = fork();
    if (child == 0) {
        /* The server is nobody's child, so that Kinglet has none that it does not know. */
        if (fork() != 0) _exit(0);
        close(users[1]);
        close(ready[0]);
        serve(folder, ready[1], users[0]);
    }
    close(users[0]); /* users[1] stays open in this process and in all that it starts */
    close(ready[1]);
    if (child > 0) waitpid(child, NULL, 0);
    const int works = child > 0 && read(ready[0], &byte, 1) == 1;
    close(ready[0]);
    if (!works) close(users[1]);
    return works;
}

/* ---- Extracting ---------------------------------------------------------------------------------------------- */

static int extract_file(sqfs* fs, sqfs_inode* inode, const char* path) {
    char buffer[1 << 16];
    const int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, inode->base.mode & 0777);
    if (out < 0) return -1;
    const sqfs_off_t length = (sqfs_off_t)inode->xtra.reg.file_size;
    sqfs_off_t done = 0;
    while (done < length) {
        sqfs_off_t size = sizeof buffer;
        if (sqfs_read_range(fs, inode, done, &size, buffer) != SQFS_OK || size <= 0) errno = EIO;
        else if (write(out, buffer, (size_t)size) == (ssize_t)size) { done += size; continue; }
        close(out);
        return -1;
    }
    return close(out);
}

static int extract_entry(sqfs* fs, const sqfs_dir_entry* entry, const char* path) {
    sqfs_inode inode;
    char target[PATH_MAX];
    size_t size = sizeof target;
    if (sqfs_inode_get(fs, &inode, sqfs_dentry_inode((sqfs_dir_entry*)entry)) != SQFS_OK) return errno = EIO, -1;
    if (S_ISDIR(inode.base.mode)) return mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : -1;
    if (S_ISREG(inode.base.mode)) return extract_file(fs, &inode, path);
    if (!S_ISLNK(inode.base.mode)) return 0;
    if (sqfs_readlink(fs, &inode, target, &size) != SQFS_OK) return errno = EIO, -1;
    return symlink(target, path) == 0 || errno == EEXIST ? 0 : -1;
}

/* Writes the image, or what of it matches `pattern`, below `folder`. 0, or -1 with errno. */
static int extract(const char* folder, const char* pattern) {
    sqfs fs;
    sqfs_traverse walk;
    sqfs_err problem = SQFS_OK;
    char path[PATH_MAX];
    if (sqfs_open_image(&fs, image, (size_t)payload) != SQFS_OK ||
        sqfs_traverse_open(&walk, &fs, sqfs_inode_root(&fs)) != SQFS_OK)
        return errno = EIO, -1;
    int result = mkdir(folder, 0755) == 0 || errno == EEXIST ? 0 : -1;
    while (result == 0 && sqfs_traverse_next(&walk, &problem)) {
        if (walk.dir_end) continue;
        /* Folders are made in any case: what matches may lie in them. */
        if (pattern && !sqfs_dentry_is_dir(&walk.entry) && fnmatch(pattern, walk.path, FNM_LEADING_DIR) != 0) continue;
        snprintf(path, sizeof path, "%s/%s", folder, walk.path);
        result = extract_entry(&fs, &walk.entry, path);
    }
    if (problem != SQFS_OK) errno = EIO, result = -1;
    sqfs_traverse_close(&walk);
    sqfs_destroy(&fs);
    return result;
}

static pid_t runner;

static void pass_on(int number) { kill(runner, number); }

static int remove_entry(const char* path, const struct stat* what, int kind, struct FTW* place) {
    (void)what, (void)kind, (void)place;
    return remove(path);
}

static int extract_and_run(char** arguments) {
    char folder[PATH_MAX];
    int status = 0;
    if (!temporary_folder(folder, sizeof folder, "kinglet-XXXXXX")) return fail("no temporary folder (see TMPDIR)");
    if (extract(folder, NULL) != 0) {
        const int result = fail("extracting failed (is there room in TMPDIR?)");
        nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
        return result;
    }
    signal(SIGINT, SIG_IGN); /* a terminal sends it to the program, too, which decides */
    runner = fork();
    if (runner == 0) {
        signal(SIGINT, SIG_DFL);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        _exit(run(folder, arguments));
    }
    signal(SIGTERM, pass_on);
    signal(SIGHUP, pass_on);
    while (runner > 0 && waitpid(runner, &status, 0) < 0 && errno == EINTR) continue;
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    if (runner < 0) return fail("fork");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- Commands ------------------------------------------------------------------------------------------------ */

static int make_portable_home(void) {
    char folder[PATH_MAX + 8];
    snprintf(folder, sizeof folder, "%s.home", image);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) return fail(folder);
    printf("Kinglet keeps its data in %s from now on.\n", folder);
    return 0;
}

static int mount_and_wait(void) {
    char folder[PATH_MAX];
    if (!temporary_folder(folder, sizeof folder, ".mount_kinglet-XXXXXX")) return fail("no temporary folder");
    if (!mounted(folder)) {
        rmdir(folder);
        fprintf(stderr, "%s: FUSE does not work here; --appimage-extract does.\n", image);
        return 1;
    }
    puts(folder);
    fflush(stdout);
    pause();
    return 0;
}

int main(int argc, char** argv) {
    char folder[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", image, sizeof image - 1);
    payload = length > 0 ? end_of_elf(image) : -1;
    if (payload < 0) return fail("this file cannot be read through /proc");
    const char* command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "--appimage-offset") == 0) return printf("%lld\n", (long long)payload) < 0;
    if (strcmp(command, "--appimage-help") == 0) return fputs(usage, stdout) < 0;
    if (strcmp(command, "--appimage-portable-home") == 0) return make_portable_home();
    if (strcmp(command, "--appimage-mount") == 0) return mount_and_wait();
    if (strcmp(command, "--appimage-extract") == 0)
        return extract("squashfs-root", argc > 2 ? argv[2] : NULL) == 0 ? 0 : fail("extracting failed");
    if (strcmp(command, "--appimage-extract-and-run") == 0) {
        argv[1] = argv[0];
        return extract_and_run(argv + 1);
    }
    if (strncmp(command, "--appimage-", 11) == 0) return fprintf(stderr, "%s", usage), 2;

    const char* always = getenv("APPIMAGE_EXTRACT_AND_RUN");
    if (!(always && *always && strcmp(always, "0") != 0) &&
        temporary_folder(folder, sizeof folder, ".mount_kinglet-XXXXXX")) {
        if (mounted(folder)) return run(folder, argv);
        rmdir(folder);
    }
    return extract_and_run(argv);
}
