/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "images.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/chase.h"

char images_dir[512];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static int bash(const char *script)
{
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                execlp("bash", "bash", "-c", script, NULL);
                _exit(127);
        }
        return waitpid(pid, &status, 0) == pid ? status : -1;
}

void images_run(const char *format, ...)
{
        _cleanup_free_ char *command = NULL, *line = NULL;
        va_list ap;

        va_start(ap, format);
        assert_true(vasprintf(&command, format, ap) >= 0);
        va_end(ap);
        assert_true(asprintf(&line,
                             "set -e; cd '%s'; [ ! -e tools ] || . ./tools; { %s\n} >log 2>&1 || { cat log "
                             ">&2; false; }",
                             images_dir, command) >= 0);
        if (bash(line) != 0)
                fail_msg("failed: %s", command);
}

static const char verity_tools[] =
        "ROOT=" GPT_ROOT_X86_64
        "\nVERITY=2c7357ed-ebd2-46d9-aec1-23d437ec2bf5\nSIG=41092b05-9fc8-4523-994f-2def0408b176\n"
        "sign() { openssl smime -sign -nocerts -noattr -binary -in \"$1\" -inkey key.pem -signer key.crt "
        "-outform der "
        "-out \"$2\"; }\n"
        "json() { printf '{\"rootHash\":\"%s\",\"certificateFingerprint\":\"00\",\"signature\":\"%s\"}' "
        "\"$1\" "
        "\"$(base64 -w0 \"$2\")\"; }\n"
        "put() { dd if=\"$2\" of=\"$1\" bs=1M seek=\"$3\" conv=notrunc; }\n"
        "uuid() { echo \"$1\" | sed -E 's/^(.{8})(.{4})(.{4})(.{4})(.{12})$/\\1-\\2-\\3-\\4-\\5/'; }\n"
        "gpt() { truncate -s 8M \"$1\"; { printf 'label: gpt\\nsize=2M, type=%s, uuid=%s\\nsize=2M, "
        "type=%s, uuid=%s\\n' "
        "$ROOT \"$(uuid ${2:0:32})\" $VERITY \"$(uuid ${2:32:32})\"; case $1 in signed*) echo size=64K, "
        "type=$SIG ;; "
        "esac; } | sfdisk -q \"$1\"; put \"$1\" root.img 1; put \"$1\" root.verity 3; }\n";

void images_verity_tools(void)
{
        _cleanup_close_ int fd = open(images_path("tools"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        assert_int_equal(fd_write_all(fd, verity_tools, strlen(verity_tools)), 0);
        images_run("openssl req -batch -newkey rsa:2048 -nodes -x509 -days 30 -subj /CN=key -keyout key.pem "
                   "-out key.crt");
}

/* A new directory in parent. 0 if files can have attributes there (on a tmpfs not before Linux 6.6). */
static int make_directory(const char *parent)
{
        if (snprintf(images_dir, sizeof(images_dir), "%s/test-dissect-XXXXXX", parent) >=
                    (int)sizeof(images_dir) ||
            !mkdtemp(images_dir))
                return -1;
        if (setxattr(images_dir, "user.test", "x", 1, 0) >= 0)
                return removexattr(images_dir, "user.test");
        rmdir(images_dir);
        return -1;
}

/* The build folder, where tests are run, is the last resort. */
static int find_directory(void)
{
        static const char *const parents[] = {"/tmp", "/var/tmp"};
        _cleanup_free_ char *here = getcwd(NULL, 0);

        for (size_t i = 0; i < ELEMENTSOF(parents); i++)
                if (make_directory(parents[i]) >= 0)
                        return 0;
        if (here && make_directory(here) >= 0)
                return 0;
        fprintf(stderr, "No file system with user attributes in /tmp, /var/tmp or '%s'.\n", here ?: "?");
        return -1;
}

int images_setup(void **state)
{
        if (find_directory() < 0)
                return -1;
        images_run("mkdir -p tree/usr/lib/systemd/system tree/etc tree/usr/bin usrtree\n"
                   "printf 'ID=tiny\\n' >tree/usr/lib/os-release\n"
                   "ln -s ../usr/lib/os-release tree/etc/os-release\n"
                   "ln -s /usr/lib/os-release tree/etc/absolute\n"
                   "ln -s /../../../../etc/shadow tree/etc/escape\n"
                   "printf '[Service]\\n' >tree/usr/lib/systemd/system/tiny.service\n"
                   "cp -a tree/usr/. usrtree\n"
                   "printf 'ID=usr\\n' >usrtree/lib/os-release\n"
                   "mksquashfs tree root.img -quiet -no-progress -noappend\n"
                   "mksquashfs usrtree usr.img -quiet -no-progress -noappend");
        return 0;
}

int images_teardown(void **state)
{
        size_t left = images_loops_left();

        nftw(images_dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        return left > 0 ? -1 : 0;
}

const char *images_path(const char *name)
{
        static char path[sizeof(images_dir) + 64];

        snprintf(path, sizeof(path), "%s/%s", images_dir, name);
        return path;
}

void images_link(const char *name, int root_fd)
{
        char new[32];

        /* Several processes may do this at once. */
        snprintf(new, sizeof(new), "new.%i", (int)getpid());
        assert_int_equal(linkat(AT_FDCWD, images_path(name), root_fd, new, AT_SYMLINK_FOLLOW), 0);
        assert_int_equal(renameat(root_fd, new, root_fd, "x.raw"), 0);
        (void)unlinkat(root_fd, new, 0); /* it was the same file already */
}

void images_partition(const char *name, unsigned mib, const char *script)
{
        images_run("truncate -s %uM %s; sfdisk -q %s <<'END'\n%s\nEND\n", mib, name, name, script);
}

void images_put(const char *name, const char *file, unsigned mib)
{
        images_run("dd if=%s of=%s bs=1M seek=%u conv=notrunc", file, name, mib);
}

void images_poke(const char *name, uint64_t offset, const void *data, size_t size)
{
        _cleanup_close_ int fd = open(images_path(name), O_WRONLY | O_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(pwrite(fd, data, size, (off_t)offset), size);
}

int images_open(const char *name)
{
        int fd = open(images_path(name), O_RDONLY | O_CLOEXEC);

        assert_true(fd >= 0);
        return fd;
}

static uint32_t crc32(const uint8_t *data, size_t size)
{
        uint32_t crc = UINT32_MAX;

        for (size_t i = 0; i < size; i++) {
                crc ^= data[i];
                for (int bit = 0; bit < 8; bit++)
                        crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
        return ~crc;
}

void images_gpt_checksum(const char *name)
{
        _cleanup_close_ int fd = open(images_path(name), O_RDWR | O_CLOEXEC);
        static uint8_t entries[128 * 128];
        uint8_t header[92];
        uint32_t crc;

        assert_int_equal(pread(fd, header, sizeof(header), 512), sizeof(header));
        assert_int_equal(pread(fd, entries, sizeof(entries), 1024), sizeof(entries));
        crc = crc32(entries, sizeof(entries));
        memcpy(header + 88, &crc, sizeof(crc));
        memset(header + 16, 0, sizeof(crc));
        crc = crc32(header, sizeof(header));
        memcpy(header + 16, &crc, sizeof(crc));
        assert_int_equal(pwrite(fd, header, sizeof(header), 512), sizeof(header));
}

size_t images_loops(void)
{
        _cleanup_closedir_ DIR *dir = opendir("/sys/block");
        struct dirent *e;
        size_t n = 0;

        assert_non_null(dir);
        while ((e = readdir(dir))) {
                char path[320], text[512] = "";
                _cleanup_close_ int fd = -EBADF;

                snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", e->d_name);
                fd = open(path, O_RDONLY | O_CLOEXEC);
                if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
                        continue;
                n += strncmp(text, images_dir, strlen(images_dir)) == 0;
        }
        return n;
}

size_t images_loops_left(void)
{
        for (int i = 0; i < 100 && images_loops() > 0; i++)
                nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        return images_loops();
}

int images_drop_mknod(void)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2];

        if (syscall(SYS_capget, &header, data) < 0)
                return -errno;
        data[0].effective &= ~(1U << CAP_MKNOD);
        data[0].permitted &= ~(1U << CAP_MKNOD);
        return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

bool images_kernel_is(unsigned major, unsigned minor)
{
        struct utsname u;
        unsigned x, y;

        assert_int_equal(uname(&u), 0);
        assert_int_equal(sscanf(u.release, "%u.%u", &x, &y), 2);
        return x > major || (x == major && y >= minor);
}

int images_dissect(const char *name, struct dissected **ret, char **ret_message)
{
        _cleanup_error_ struct error error = {};
        _cleanup_close_ int fd = open(images_path(name), O_PATH | O_CLOEXEC);
        _cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        struct dissect_options options = {.root_fd = root, .image_fd = fd, .path = images_path(name)};
        int r;

        assert_true(fd >= 0);
        r = dissect_open(&options, ret, &error);
        assert_true((r < 0) == !!error_is_set(&error));
        *ret_message = r < 0 ? strdup(error_message(&error)) : NULL;
        return r;
}

void images_assert_error_beside(const char *name, const char *message)
{
        _cleanup_dissected_ struct dissected *d = NULL;
        _cleanup_free_ char *got = NULL, *wanted = NULL;
        const char *mark = strstr(message, "%s");
        size_t n;

        if (images_dissect(name, &d, &got) >= 0)
                fail_msg("%s was opened", name);
        assert_non_null(mark);
        assert_true(asprintf(&wanted, "%.*s%s%s", (int)(mark - message), message, images_path(name),
                             mark + 2) >= 0);
        n = strlen(wanted);
        if (wanted[n - 1] == '*') {
                wanted[n - 1] = '\0';
                if (strlen(got) > n - 1)
                        got[n - 1] = '\0';
        }
        assert_string_equal(got, wanted);
}

void images_assert_error(const char *name, const char *message)
{
        images_assert_error_beside(name, message);
        assert_int_equal(images_loops_left(), 0);
}

int images_read(int tree_fd, const char *file, char **ret)
{
        _cleanup_free_ char *canonical = NULL;
        int r = chase_in_root(tree_fd, file, &canonical, NULL);

        return r < 0 ? r : fd_read_file_in_root(tree_fd, canonical, 4096, ret, NULL);
}

void images_assert_file(const char *name, const char *file, const char *content)
{
        struct dissected *d = NULL;
        _cleanup_free_ char *message = NULL, *text = NULL;
        int r;

        if (images_dissect(name, &d, &message) < 0)
                fail_msg("%s: %s", name, message);
        r = images_read(dissected_tree_fd(d), file, &text);
        assert_int_equal(r, 0);
        assert_string_equal(text, content);
        d = dissect_close(d);
        assert_int_equal(images_loops_left(), 0);
}
