/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox-probes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "extract/sandbox-internal.h"

static long result(long r)
{
        return r < 0 ? -errno : r;
}

static long open_how(int fd, const char *path, int flags, uint64_t resolve)
{
        struct open_how how = {.flags = (uint64_t)(unsigned)flags, .resolve = resolve};

        if (flags & (O_CREAT | __O_TMPFILE))
                how.mode = 0600;
        return result(syscall(SYS_openat2, fd, path, &how, sizeof(how)));
}

int probe_tree_fd = -EBADF, probe_channel_fd = -EBADF;

static long read_host_file(const char *outside)
{
        return open_how(AT_FDCWD, outside, O_RDONLY, 0);
}

static long read_host_file_from_tree(const char *outside)
{
        return open_how(probe_tree_fd, outside, O_RDONLY, 0);
}

static long read_host_file_upwards(const char *outside)
{
        return open_how(probe_tree_fd, "../../../../../../etc/passwd", O_RDONLY, 0);
}

static long read_sibling(const char *outside)
{
        return open_how(probe_tree_fd, "../secret", O_RDONLY, 0);
}

static long read_through_link(const char *outside)
{
        return open_how(probe_tree_fd, "link", O_RDONLY, 0);
}

static long read_proc(const char *outside)
{
        return open_how(AT_FDCWD, "/proc/self/status", O_RDONLY, 0);
}

static long read_device(const char *outside)
{
        return open_how(probe_tree_fd, "device", O_RDONLY | O_NONBLOCK, 0);
}

static long write_file(const char *outside)
{
        return open_how(probe_tree_fd, "public", O_WRONLY, 0);
}

static long truncate_file(const char *outside)
{
        return open_how(probe_tree_fd, "public", O_RDONLY | O_TRUNC, 0);
}

static long create_file(const char *outside)
{
        return open_how(probe_tree_fd, "tmp/new", O_RDONLY | O_CREAT, 0);
}

static long create_unnamed_file(const char *outside)
{
        return open_how(probe_tree_fd, "tmp", O_RDWR | O_TMPFILE, 0);
}

static long old_open(const char *outside)
{
        return result(syscall(SYS_openat, AT_FDCWD, outside, O_RDONLY));
}

static long make_directory(const char *outside)
{
        return result(mkdirat(probe_tree_fd, "tmp/d", 0700));
}

static long remove_file(const char *outside)
{
        return result(unlinkat(probe_tree_fd, "public", 0));
}

static long rename_file(const char *outside)
{
        return result(renameat(probe_tree_fd, "public", probe_tree_fd, "tmp/p"));
}

static long link_file(const char *outside)
{
        return result(linkat(probe_tree_fd, "public", probe_tree_fd, "tmp/p", 0));
}

static long make_symlink(const char *outside)
{
        return result(symlinkat("x", probe_tree_fd, "tmp/s"));
}

static long change_mode(const char *outside)
{
        return result(fchmodat(probe_tree_fd, "public", 0777, 0));
}

static long change_owner(const char *outside)
{
        return result(fchownat(probe_tree_fd, "public", 0, 0, 0));
}

static long write_elsewhere(const char *outside)
{
        return result(write(probe_channel_fd + 1, "x", 1));
}

static long make_tcp_socket(const char *outside)
{
        return result(socket(AF_INET, SOCK_STREAM, 0));
}

static long make_unix_socket(const char *outside)
{
        return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static long connect_channel(const char *outside)
{
        struct sockaddr a = {.sa_family = AF_UNIX};

        return result(connect(probe_channel_fd, &a, sizeof(a)));
}

static long send_descriptor(const char *outside)
{
        struct msghdr h = {};

        return result(sendmsg(probe_channel_fd, &h, 0));
}

static long trace_parent(const char *outside)
{
        return result(ptrace(PTRACE_ATTACH, 1, NULL, NULL));
}

static long read_memory(const char *outside)
{
        return result(syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0));
}

static long mount_something(const char *outside)
{
        return result(mount("tmpfs", "/tmp", "tmpfs", 0, NULL));
}

static long open_file_system(const char *outside)
{
        return result(syscall(SYS_fsopen, "tmpfs", 0));
}

static long change_root(const char *outside)
{
        return result(chroot("."));
}

static long leave_directory(const char *outside)
{
        return result(chdir(".."));
}

static long execute(const char *outside)
{
        char *argv[] = {(char *)"/bin/sh", NULL};

        return result(execve(argv[0], argv, NULL));
}

static long execute_tree(const char *outside)
{
        char *argv[] = {(char *)"program", NULL};

        return result(execveat(probe_tree_fd, argv[0], argv, NULL, 0));
}

static long fork_process(const char *outside)
{
        return result(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0));
}

static long kill_parent(const char *outside)
{
        return result(syscall(SYS_kill, 1, 0));
}

static long new_namespace(const char *outside)
{
        return result(unshare(CLONE_NEWUSER));
}

static long take_capability(const char *outside)
{
        return result(syscall(SYS_capset, NULL, NULL));
}

static long become_root(const char *outside)
{
        return result(syscall(SYS_setresuid, 0, 0, 0));
}

static long loosen_limit(const char *outside)
{
        struct rlimit l = {RLIM_INFINITY, RLIM_INFINITY};

        return result(syscall(SYS_setrlimit, RLIMIT_FSIZE, &l));
}

static long open_by_handle(const char *outside)
{
        return result(syscall(SYS_open_by_handle_at, probe_tree_fd, NULL, O_RDONLY));
}

static long load_bpf(const char *outside)
{
        return result(syscall(SYS_bpf, 0, NULL, 0));
}

static long use_io_uring(const char *outside)
{
        return result(syscall(SYS_io_uring_setup, 1, NULL));
}

static long use_keyring(const char *outside)
{
        return result(syscall(SYS_add_key, "user", "x", "y", 1, -3));
}

static long duplicate_descriptor(const char *outside)
{
        return result(fcntl(probe_channel_fd, F_DUPFD, 0));
}

static long own_signals(const char *outside)
{
        return result(fcntl(probe_channel_fd, F_SETOWN, 1));
}

#if !SANDBOX_SANITIZED
static long make_executable(const char *outside)
{
        return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
                       ? -errno
                       : 0;
}

static long share_memory(const char *outside)
{
        return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
                       ? -errno
                       : 0;
}

static long protect_memory(const char *outside)
{
        return result(mprotect((void *)((uintptr_t)&protect_memory & ~(uintptr_t)4095), 4096,
                               PROT_READ | PROT_WRITE | PROT_EXEC));
}

static long take_memory(const char *outside)
{
        void *p = mmap(NULL, (size_t)512 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        return p == MAP_FAILED ? -errno : 0;
}

static long take_descriptors(const char *outside)
{
        for (unsigned i = 0; i < 100; i++) {
                long fd = open_how(probe_tree_fd, "public", O_RDONLY, 0);

                if (fd < 0)
                        return fd;
        }
        return 0;
}
#endif

const struct probe probes[] = {
        {"open a host file", true, read_host_file, ENOENT, EACCES},
        {"open a host file by the tree", true, read_host_file_from_tree, ENOENT, EACCES},
        {"open a host file by ..", false, read_host_file_upwards, ENOENT, EACCES},
        {"open the tree's sibling", true, read_sibling, ENOENT, EACCES},
        {"open a host file by a symlink", true, read_through_link, ELOOP, EACCES},
        {"open a file in /proc", true, read_proc, ENOENT, EACCES},
        {"open a device", true, read_device, EACCES, WORKS},
        {"open for writing", true, write_file, EROFS, EACCES},
        {"truncate on open", true, truncate_file, EROFS, EACCES},
        {"create a file", true, create_file, EROFS, EACCES},
        {"create an unnamed file", false, create_unnamed_file, EROFS, EACCES},
        {"openat()", true, old_open, KILLED, KILLED},
        {"mkdir()", false, make_directory, KILLED, KILLED},
        {"unlink()", false, remove_file, KILLED, KILLED},
        {"rename()", false, rename_file, KILLED, KILLED},
        {"link()", false, link_file, KILLED, KILLED},
        {"symlink()", false, make_symlink, KILLED, KILLED},
        {"chmod()", false, change_mode, KILLED, KILLED},
        {"chown()", false, change_owner, KILLED, KILLED},
        {"write elsewhere", false, write_elsewhere, KILLED, KILLED},
        {"socket(AF_INET)", false, make_tcp_socket, KILLED, KILLED},
        {"socket(AF_UNIX)", true, make_unix_socket, KILLED, KILLED},
        {"connect()", false, connect_channel, KILLED, KILLED},
        {"sendmsg()", false, send_descriptor, KILLED, KILLED},
        {"ptrace()", false, trace_parent, KILLED, KILLED},
        {"process_vm_readv()", false, read_memory, KILLED, KILLED},
        {"mount()", false, mount_something, KILLED, KILLED},
        {"fsopen()", false, open_file_system, KILLED, KILLED},
        {"chroot()", false, change_root, KILLED, KILLED},
        {"chdir()", false, leave_directory, KILLED, KILLED},
        {"execve()", false, execute, KILLED, KILLED},
        {"execveat()", false, execute_tree, KILLED, KILLED},
        {"fork()", false, fork_process, KILLED, KILLED},
        {"kill()", false, kill_parent, KILLED, KILLED},
        {"unshare()", false, new_namespace, KILLED, KILLED},
        {"capset()", false, take_capability, KILLED, KILLED},
        {"setresuid()", false, become_root, KILLED, KILLED},
        {"setrlimit()", false, loosen_limit, KILLED, KILLED},
        {"open_by_handle_at()", false, open_by_handle, KILLED, KILLED},
        {"bpf()", false, load_bpf, KILLED, KILLED},
        {"io_uring_setup()", false, use_io_uring, KILLED, KILLED},
        {"add_key()", false, use_keyring, KILLED, KILLED},
        {"fcntl(F_DUPFD)", false, duplicate_descriptor, KILLED, KILLED},
        {"fcntl(F_SETOWN)", false, own_signals, KILLED, KILLED},
#if !SANDBOX_SANITIZED
        /* AddressSanitizer needs these. */
        {"executable memory", false, make_executable, KILLED, KILLED},
        {"shared memory", false, share_memory, KILLED, KILLED},
        {"mprotect()", false, protect_memory, KILLED, KILLED},
        {"much memory", false, take_memory, ENOMEM, ENOMEM},
        {"many descriptors", false, take_descriptors, EMFILE, EMFILE},
#endif
};

const size_t n_probes = ELEMENTSOF(probes);
