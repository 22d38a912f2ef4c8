/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MANAGER_LIST_H
#define MANAGER_LIST_H

/* Questions about all units at once, one call each, however many units are asked about. Source:
 * org.freedesktop.systemd1(5), ListUnitsFiltered. */

#include <stdbool.h>
#include <systemd/sd-bus.h>

struct error;

/* A set of names with fast look-up. */
struct name_set;
struct name_set *name_set_new(void); /* NULL if out of memory */
struct name_set *name_set_free(struct name_set *s);
int name_set_add(struct name_set *s, const char *name); /* 0 or -ENOMEM */
/* A unit name; for an instance "a@b.service" the template "a@.service", too. Returns 0 or -ENOMEM. */
int name_set_add_unit(struct name_set *s, const char *name);
bool name_set_contains(const struct name_set *s, const char *name);

/* The names in it that are instances of the template "a@.service", sorted; strv, NULL for none. 0 or
 * -ENOMEM. */
int name_set_list_instances(const struct name_set *s, const char *template_name, char ***ret);

static inline void cleanup_name_setp(struct name_set **s)
{
        *s = name_set_free(*s);
}
#define _cleanup_name_set_ __attribute__((cleanup(cleanup_name_setp)))

/* The manager compares each unit with each pattern: of more names than this rather ask for all. */
#define MANAGER_PATTERNS_MAX 100U

/* Names of those units that are active in any way (active, reloading, activating, deactivating, ...). For an
 * instance "a@b.service" the template "a@.service" is in the set too, and who asks for the template gets the
 * instances. names NULL or very many: of all units. */
int manager_list_active(sd_bus *bus, char *const *names, struct name_set **ret, struct error *error);

#endif
