/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/changes.h"

#include <errno.h>

int changes_read(sd_bus_message *m, struct change_list *ret)
{
        _cleanup_changes_ struct change_list l = {};
        const char *type, *path, *source;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(sss)");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "(sss)", &type, &path, &source)) > 0) {
                int t = change_type_from_string(type);

                if (!change_list_add(&l, t < 0 ? CHANGE_TYPE_MAX : (enum change_type)t, path,
                                     *source ? source : NULL))
                        return -ENOMEM;
        }
        if (r < 0)
                return r;
        r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        *ret = l;
        l = (struct change_list){};
        return 0;
}
