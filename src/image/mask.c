/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/mask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "image/entry.h"
#include "image/image.h"

bool entry_is_mask(int dir_fd, const char *entry)
{
        _cleanup_free_ char *target = NULL;

        return fd_readlink(dir_fd, entry, &target) >= 0 && strcmp(target, "/dev/null") == 0;
}

/* Whether a directory of the search path masks the name, and whether it has an image of it, which would win.
 */
static int check_directory(int root_fd, const char *directory, const char *name, char **ret)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, directory, O_PATH | O_DIRECTORY, 0);

        for (enum entry_form form = 0; fd >= 0 && form < ENTRY_FORM_MAX; form++) {
                _cleanup_image_ struct image *image = NULL;
                _cleanup_free_ char *entry = NULL;
                enum entry_form is;

                if (asprintf(&entry, "%s%s", name, entry_forms[form].suffix) < 0) {
                        entry = NULL;
                        return -ENOMEM;
                }
                if (entry_is_mask(fd, entry)) {
                        if (asprintf(ret, "%s/%s", directory, entry) < 0)
                                return -ENOMEM;
                        return 1;
                }
                if (entry_open(root_fd, directory, entry, &image, &is, NULL) >= 0)
                        return 0;
        }
        return -ENOENT;
}

int image_find_mask(int root_fd, const struct layout *layout, const char *name, char **ret)
{
        int r = -ENOENT;

        if (!image_name_is_valid(name))
                return 0;
        for (const char *const *d = layout->images; *d && r == -ENOENT; d++)
                r = check_directory(root_fd, *d, name, ret);
        return r == -ENOENT ? 0 : r;
}
