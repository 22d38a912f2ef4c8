/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reading.h"

#include "test.h"

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "extract/reader.h"

struct extract_options options_for(const struct tree *t)
{
        return (struct extract_options){.tree_fd = t->fd,
                                        .name = "app_1",
                                        .path = "/i/app_1",
                                        .unit_directories = layout_system.image_units};
}

struct metadata *read_tree(const struct tree *t, char *const *matches)
{
        struct extract_options o = options_for(t);
        _cleanup_error_ struct error e = {};
        struct metadata *m = NULL;

        o.matches = matches;
        if (reader_run(&o, &m, &e) < 0)
                fail_msg("%s", error_message(&e));
        return m;
}

void assert_options_fail(const struct extract_options *o, int errnum, const char *message)
{
        static const char prefix[] = "Image '/i/app_1': ";
        _cleanup_metadata_ struct metadata *m = NULL;
        _cleanup_error_ struct error e = {};

        assert_int_equal(reader_run(o, &m, &e), -errnum);
        assert_null(m);
        assert_true(strncmp(error_message(&e), prefix, sizeof(prefix) - 1) == 0);
        assert_string_equal(error_message(&e) + sizeof(prefix) - 1, message);
        assert_int_equal(e.errnum, errnum);
}

void assert_fails(const struct tree *t, int errnum, const char *message)
{
        struct extract_options o = options_for(t);

        assert_options_fail(&o, errnum, message);
}

const struct unit_file *find_unit(const struct metadata *m, const char *name)
{
        for (size_t i = 0; i < m->n_units; i++)
                if (strcmp(m->units[i].name, name) == 0)
                        return &m->units[i];
        return NULL;
}

void assert_unit(const struct metadata *m, const char *name, const char *path, const char *content)
{
        const struct unit_file *u = find_unit(m, name);

        if (!u)
                fail_msg("no unit %s", name);
        assert_string_equal(u->path, path);
        assert_int_equal(u->size, strlen(content));
        assert_memory_equal(u->content, content, u->size + 1);
}
