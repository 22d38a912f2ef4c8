/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs a fuzz target once on each file given, or on each file in a directory given: a plain main() for
 * builds without a fuzzer, so that what was found once stays fixed. Fails if there is nothing to run. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "fuzz.h"

static unsigned n_run;

static void run_file(int dir, const char *name)
{
        _cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
        _cleanup_free_ uint8_t *exact = NULL;
        _cleanup_free_ char *data = NULL;
        size_t size;

        fuzz_check(fd >= 0 && fd_read_all(fd, 1 << 24, &data, &size) == 0);
        /* A copy without the NUL behind, for AddressSanitizer to watch its end. */
        exact = malloc(size ? size : 1);
        fuzz_check(exact);
        memcpy(exact, data, size);
        LLVMFuzzerTestOneInput(exact, size);
        n_run++;
}

static void run_directory(const char *path)
{
        _cleanup_closedir_ DIR *d = opendir(path);
        struct dirent *de;

        fuzz_check(d);
        while ((de = readdir(d)))
                if (de->d_name[0] != '.')
                        run_file(dirfd(d), de->d_name);
}

int main(int argc, char **argv)
{
        for (int i = 1; i < argc; i++) {
                struct stat st;

                fuzz_check(stat(argv[i], &st) >= 0);
                if (S_ISDIR(st.st_mode))
                        run_directory(argv[i]);
                else
                        run_file(AT_FDCWD, argv[i]);
        }
        printf("%u inputs\n", n_run);
        return n_run > 0 ? 0 : 1;
}
