/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table.c and json.c need libsmartcols and json-c. Most commands print neither, and to load the two takes a
 * tenth of the time in which such a command is done. So these two files are a module, loaded when there is
 * something to print by them. In here are its functions as the rest of the program knows them.
 */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "portablectl/json.h"
#include "portablectl/table.h"

#define MODULE_NAME "portablectl-output.so"

/* A build that is not installed has it beside the program, and must not take that of another version. */
static void *open_beside(void)
{
        char path[PATH_MAX];
        ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - sizeof(MODULE_NAME));
        char *slash;

        if (n < 0)
                return NULL;
        path[n] = '\0';
        slash = strrchr(path, '/');
        if (!slash)
                return NULL;
        strcpy(slash + 1, MODULE_NAME);
        return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

/* Without it the installation is broken, and nothing could be printed anyway. It stays loaded. */
static void *find(const char *name)
{
        static void *module;
        void *function;

        if (!module)
                module = open_beside() ?: dlopen(OUTPUT_MODULE, RTLD_NOW | RTLD_LOCAL);
        function = module ? dlsym(module, name) : NULL;

        if (!function) {
                fprintf(stderr, "What prints tables and JSON cannot be loaded: %s\n", dlerror());
                exit(EXIT_FAILURE);
        }
        return function;
}

struct libscols_table *table_new(const struct terminal *t, const char *const *columns, size_t n, bool legend)
{
        __typeof__(&table_new) function = find("table_new");

        return function(t, columns, n, legend);
}

int table_add(struct libscols_table *tb, const char *const *cells, size_t n, const char *colour)
{
        __typeof__(&table_add) function = find("table_add");

        return function(tb, cells, n, colour);
}

int table_fit(struct libscols_table *tb, unsigned width, unsigned columns, const struct terminal *t)
{
        __typeof__(&table_fit) function = find("table_fit");

        return function(tb, width, columns, t);
}

int table_print(struct libscols_table *tb, FILE *f, struct error *error)
{
        __typeof__(&table_print) function = find("table_print");

        return function(tb, f, error);
}

void table_free(struct libscols_table *tb)
{
        __typeof__(&table_free) function = tb ? find("table_free") : NULL;

        if (function)
                function(tb);
}

struct json_object *json_new_object(void)
{
        __typeof__(&json_new_object) function = find("json_new_object");

        return function();
}

struct json_object *json_new_array(void)
{
        __typeof__(&json_new_array) function = find("json_new_array");

        return function();
}

struct json_object *json_string(const char *data, size_t size)
{
        __typeof__(&json_string) function = find("json_string");

        return function(data, size);
}

int json_put(struct json_object *o, const char *key, struct json_object *value)
{
        __typeof__(&json_put) function = find("json_put");

        return function(o, key, value);
}

int json_put_string(struct json_object *o, const char *key, const char *s)
{
        __typeof__(&json_put_string) function = find("json_put_string");

        return function(o, key, s);
}

int json_put_u64(struct json_object *o, const char *key, uint64_t v, uint64_t unknown)
{
        __typeof__(&json_put_u64) function = find("json_put_u64");

        return function(o, key, v, unknown);
}

int json_put_bool(struct json_object *o, const char *key, bool v)
{
        __typeof__(&json_put_bool) function = find("json_put_bool");

        return function(o, key, v);
}

int json_put_strv(struct json_object *o, const char *key, char *const *l)
{
        __typeof__(&json_put_strv) function = find("json_put_strv");

        return function(o, key, l);
}

int json_append(struct json_object *array, struct json_object *value)
{
        __typeof__(&json_append) function = find("json_append");

        return function(array, value);
}

int json_print(const struct terminal *t, enum json_mode mode, struct json_object *o, struct error *error)
{
        __typeof__(&json_print) function = find("json_print");

        return function(t, mode, o, error);
}

void json_free(struct json_object *o)
{
        __typeof__(&json_free) function = o ? find("json_free") : NULL;

        if (function)
                function(o);
}
