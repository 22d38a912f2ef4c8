/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_UNIT_PLAN_INPUT_H
#define TEST_UNIT_PLAN_INPUT_H

/* A small attach to plan, for the tests of this folder; each changes what it is about. */

#include "plan/attach.h"

static const struct plan_layer input_layers[] = {
        {.path = "/var/lib/portables/app_1.raw", .type = IMAGE_RAW, .name_and_version = "app_1"},
};

static const struct plan_unit input_units[] = {
        {.name = "app.service", .content = "[Service]\n", .size = 10},
        {.name = "app.socket", .content = "[Socket]\n", .size = 9},
};

static const struct plan_profile_part input_profile[] = {
        {.suffix = "service",
         .path = "/usr/lib/profile/default/service.conf",
         .content = "[Service]\n",
         .size = 10},
};

static const struct plan_link input_links[] = {
        {.path = "/etc/portables/app_1.raw", .source = "/var/lib/portables/app_1.raw"},
};

static inline struct plan_attach input_make(void)
{
        return (struct plan_attach){
                .layers = input_layers,
                .n_layers = 1,
                .units = input_units,
                .n_units = 2,
                .profile = input_profile,
                .n_profile = 1,
                .links = input_links,
                .n_links = 1,
                .attach_directory = "/etc/systemd/system.attached",
                .manager_version = 257,
        };
}

#endif
