/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "portablectl/show.h"
#include "portablectl/terminal.h"

static void show_change(const struct terminal *t, int type, const char *path, const char *source)
{
        _cleanup_free_ char *p = text_escape(path), *s = text_escape(source ? source : "");
        const char *arrow = terminal_arrow(t);

        if (!p || !s)
                return;
        switch (type) {
        case CHANGE_MKDIR:
                terminal_note("Created directory %s.", p);
                break;
        case CHANGE_WRITE:
                terminal_note("Written %s.", p);
                break;
        case CHANGE_SYMLINK:
                terminal_note("Created symlink %s %s %s.", p, arrow, s);
                break;
        case CHANGE_COPY:
                if (*s)
                        terminal_note("Copied %s %s %s.", s, arrow, p);
                else
                        terminal_note("Copied %s.", p);
                break;
        case CHANGE_UNLINK:
                terminal_note("Removed %s.", p);
                break;
        default:
                terminal_note("Changed %s.", p);
        }
}

void show_changes(const struct terminal *t, const struct change_list *changes)
{
        for (size_t i = 0; i < changes->n; i++)
                show_change(t, (int)changes->items[i].type, changes->items[i].path,
                            changes->items[i].source);
}

void show_file_change(const struct terminal *t, const char *type, const char *path, const char *source)
{
        show_change(t, change_type_from_string(type), path, source);
}
