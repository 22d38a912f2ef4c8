/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "portablectl/show.h"
#include "portablectl/terminal.h"

/* What was done, or what would be. */
static const struct {
        const char *done, *would;
} words[] = {
        [CHANGE_MKDIR] = {"Created directory", "Would create directory"},
        [CHANGE_WRITE] = {"Written", "Would write"},
        [CHANGE_SYMLINK] = {"Created symlink", "Would create symlink"},
        [CHANGE_COPY] = {"Copied", "Would copy"},
        [CHANGE_UNLINK] = {"Removed", "Would remove"},
};

static const char *find_word(int type, bool would)
{
        const char *done = type >= 0 && (size_t)type < ELEMENTSOF(words) ? words[type].done : NULL;

        if (!done)
                return would ? "Would change" : "Changed";
        return would ? words[type].would : done;
}

static void show_change(const struct terminal *t, int type, const char *path, const char *source, bool would)
{
        _cleanup_free_ char *p = text_escape(path), *s = text_escape(source ? source : "");
        const char *arrow = terminal_arrow(t), *word = find_word(type, would);

        if (!p || !s)
                return;
        if (type == CHANGE_SYMLINK)
                terminal_note("%s %s %s %s.", word, p, arrow, s);
        else if (type == CHANGE_COPY && *s)
                terminal_note("%s %s %s %s.", word, s, arrow, p);
        else
                terminal_note("%s %s.", word, p);
}

void show_changes(const struct terminal *t, const struct change_list *changes, bool would)
{
        for (size_t i = 0; i < changes->n; i++)
                show_change(t, (int)changes->items[i].type, changes->items[i].path, changes->items[i].source,
                            would);
}

void show_file_change(const struct terminal *t, const char *type, const char *path, const char *source)
{
        show_change(t, change_type_from_string(type), path, source, false);
}
