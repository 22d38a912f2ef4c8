/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "basic/strv.h"
#include "extract/extract.h"
#include "extract/release.h"

struct metadata *metadata_free(struct metadata *m)
{
        if (!m)
                return NULL;
        for (size_t i = 0; i < m->n_units; i++) {
                free(m->units[i].name);
                free(m->units[i].path);
                free(m->units[i].content);
        }
        free(m->units);
        release_fields_free(m->fields, m->n_fields);
        free(m->release);
        free(m->release_path);
        strv_free(m->unit_names);
        strv_free(m->missing_binaries);
        free(m);
        return NULL;
}

void cleanup_metadatap(struct metadata **m)
{
        *m = metadata_free(*m);
}

const char *metadata_field(const struct metadata *m, const char *key)
{
        return release_field_get(m->fields, m->n_fields, key);
}
