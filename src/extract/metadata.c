/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "basic/strv.h"
#include "extract/extract.h"
#include "extract/release.h"

void unit_files_free(struct unit_file *units, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                free(units[i].name);
                free(units[i].path);
                free(units[i].content);
        }
        free(units);
}

struct metadata *metadata_free(struct metadata *m)
{
        if (!m)
                return NULL;
        unit_files_free(m->units, m->n_units);
        release_fields_free(m->fields, m->n_fields);
        free(m->release);
        free(m->release_path);
        strv_free(m->unit_names);
        strv_free(m->unusable);
        free(m);
        return NULL;
}

void cleanup_metadatap(struct metadata **m)
{
        *m = metadata_free(*m);
}

const char *unit_fault_to_string(char fault)
{
        switch (fault) {
        case UNIT_FAULT_LOST:
                return "is a symlink to something that does not exist inside the image";
        case UNIT_FAULT_MASK:
                return "is masked";
        case UNIT_FAULT_EMPTY:
                return "is empty";
        case UNIT_FAULT_LOOP:
                return "is a symlink that leads in a circle";
        case UNIT_FAULT_DIRECTORY:
                return "is a directory";
        case UNIT_FAULT_FIFO:
                return "is a FIFO";
        case UNIT_FAULT_SOCKET:
                return "is a socket";
        case UNIT_FAULT_DEVICE:
                return "is a device node";
        case UNIT_FAULT_ALIAS:
                return "is an alias of another unit in it";
        default:
                return NULL;
        }
}

const char *metadata_get_alias(const struct metadata *m, const char *name)
{
        size_t n = strlen(name);

        for (char **line = m->unusable; line && *line; line++)
                if (strncmp(*line, name, n) == 0 && (*line)[n] == '\t' && (*line)[n + 1] == UNIT_FAULT_ALIAS)
                        return *line + n + strlen("\ta\t");
        return NULL;
}

const char *metadata_field(const struct metadata *m, const char *key)
{
        return release_field_get(m->fields, m->n_fields, key);
}
