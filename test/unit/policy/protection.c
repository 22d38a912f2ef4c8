/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "policy/policy.h"
#include "policy/protection.h"

/* Read-only and growfs flags in pins. What systemd 262 writes for such images was seen of it, and that its
 * manager starts services from an image only if the flags in the table are those that were written: so the
 * two must be equal, or flags left out. */

struct part {
        enum designator designator;
        const char *fstype;
        char flags[3]; /* of the table: r: read-only, g: growfs */
};

#define ROOT_SQUASHFS DESIGNATOR_ROOT, "squashfs"
#define ROOT_EXT4     DESIGNATOR_ROOT, "ext4"
#define HASHES        DESIGNATOR_ROOT_VERITY, "DM_verity_hash"
#define SIGNATURE     DESIGNATOR_ROOT_VERITY_SIG, NULL

/* The pin for this manager of an image with these partitions. */
static char *pin_of(enum table_kind kind, const struct part *parts, uint32_t can, unsigned manager_version)
{
        struct partition items[5] = {};
        struct partition_table table = {.kind = kind, .items = items};
        struct selection selection = {};
        _cleanup_error_ struct error error = {};
        struct protection p;

        for (; table.n < ELEMENTSOF(items) && *parts[table.n].flags; table.n++) {
                const struct part *part = parts + table.n;
                struct partition *item = items + table.n;

                *item = (struct partition){
                        .number = (unsigned)table.n + 1,
                        .designator = part->designator,
                        .fstype = (char *)part->fstype,
                        .read_only = strchr(part->flags, 'r'),
                        .growfs = strchr(part->flags, 'g'),
                };
                selection.by[part->designator == DESIGNATOR_LINUX ? DESIGNATOR_ROOT : part->designator] =
                        item;
        }
        protection_fill(&table, &selection, &p);
        p.can[DESIGNATOR_ROOT] |= can;
        assert_int_equal(protection_choose(&p, &selection, NULL, "/x.raw", &error), 0);
        return protection_pin(&p, manager_version);
}

static void test_pin_of_flags(void **state)
{
        static const struct {
                enum table_kind kind;
                uint32_t can;
                struct part parts[5];
                const char *pin;
        } cases[] = {
                {TABLE_NONE, 0, {{ROOT_SQUASHFS, "-"}}, "root=squashfs:=absent"},
                {TABLE_NONE, 0, {{ROOT_EXT4, "-"}}, "root=ext4:=absent"},
                {TABLE_GPT, 0, {{ROOT_SQUASHFS, "r"}}, "root=read-only-on+growfs-off+squashfs:=absent"},
                {TABLE_GPT, 0, {{ROOT_EXT4, "-"}}, "root=read-only-off+growfs-off+ext4:=absent"},
                {TABLE_GPT, 0, {{ROOT_EXT4, "r"}}, "root=read-only-on+growfs-off+ext4:=absent"},
                {TABLE_GPT, 0, {{ROOT_EXT4, "g"}}, "root=read-only-off+growfs-on+ext4:=absent"},
                {TABLE_GPT,
                 0,
                 {{DESIGNATOR_LINUX, "ext4", "-"}},
                 "root=read-only-off+growfs-off+ext4:=absent"},
                {TABLE_MBR,
                 0,
                 {{DESIGNATOR_LINUX, "ext4", "-"}},
                 "root=read-only-off+growfs-off+ext4:=absent"},
                {TABLE_GPT,
                 0,
                 {{ROOT_EXT4, "r"}, {DESIGNATOR_HOME, "ext4", "g"}},
                 "root=read-only-on+growfs-off+ext4:home=read-only-off+growfs-on+ext4:=absent"},
                {TABLE_GPT,
                 POLICY_VERITY,
                 {{ROOT_SQUASHFS, "r"}, {HASHES, "r"}},
                 "root=verity+read-only-on+growfs-off+squashfs:root-verity=read-only-on+growfs-off:=absent"},
                {TABLE_GPT,
                 POLICY_SIGNED,
                 {{ROOT_SQUASHFS, "r"}, {HASHES, "r"}, {SIGNATURE, "r"}},
                 "root=signed+read-only-on+growfs-off+squashfs:root-verity=read-only-on+growfs-off:"
                 "root-verity-sig=read-only-on+growfs-off:=absent"},
                {TABLE_GPT,
                 POLICY_VERITY,
                 {{ROOT_SQUASHFS, "r"}, {HASHES, "r"}, {SIGNATURE, "r"}},
                 "root=verity+read-only-on+growfs-off+squashfs:root-verity=read-only-on+growfs-off:"
                 "root-verity-sig=unused+absent:=absent"},

                /* What holds is not what the table says. */
                {TABLE_GPT, 0, {{ROOT_SQUASHFS, "-"}}, "root=squashfs:=absent"},
                {TABLE_GPT, 0, {{ROOT_SQUASHFS, "g"}}, "root=squashfs:=absent"},
                {TABLE_GPT, 0, {{ROOT_SQUASHFS, "rg"}}, "root=squashfs:=absent"},
                {TABLE_GPT, 0, {{ROOT_EXT4, "rg"}}, "root=ext4:=absent"},
                {TABLE_GPT, 0, {{DESIGNATOR_LINUX, "ext4", "r"}}, "root=ext4:=absent"},
                {TABLE_GPT, 0, {{DESIGNATOR_LINUX, "ext4", "g"}}, "root=ext4:=absent"},
                {TABLE_GPT, 0, {{DESIGNATOR_LINUX, "squashfs", "r"}}, "root=squashfs:=absent"},
                {TABLE_MBR, 0, {{DESIGNATOR_LINUX, "squashfs", "-"}}, "root=squashfs:=absent"},
                {TABLE_GPT,
                 POLICY_VERITY,
                 {{ROOT_SQUASHFS, "-"}, {HASHES, "-"}},
                 "root=verity+squashfs:=absent"},
                {TABLE_GPT, POLICY_VERITY, {{ROOT_EXT4, "-"}, {HASHES, "r"}}, "root=verity+ext4:=absent"},
                {TABLE_GPT,
                 POLICY_VERITY,
                 {{ROOT_SQUASHFS, "r"}, {HASHES, "-"}},
                 "root=verity+squashfs:=absent"},
                {TABLE_GPT,
                 POLICY_SIGNED,
                 {{ROOT_SQUASHFS, "r"}, {HASHES, "r"}, {SIGNATURE, "-"}},
                 "root=signed+squashfs:=absent"},
                {TABLE_GPT,
                 0,
                 {{ROOT_EXT4, "r"}, {DESIGNATOR_HOME, "squashfs", "-"}},
                 "root=ext4:home=squashfs:=absent"},

                /* It is not used, so nobody looks at its flags. */
                {TABLE_GPT,
                 0,
                 {{ROOT_EXT4, "r"}, {DESIGNATOR_ESP, "vfat", "rg"}},
                 "root=read-only-on+growfs-off+ext4:esp=unused+absent:=absent"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *pin = pin_of(cases[i].kind, cases[i].parts, cases[i].can, 262);
                _cleanup_free_ char *same = pin_of(cases[i].kind, cases[i].parts, cases[i].can, 260);

                assert_string_equal(pin, cases[i].pin);
                assert_string_equal(same, cases[i].pin);
        }
}

static void test_pin_before_260(void **state)
{
        static const struct part data[] = {{ROOT_EXT4, "r"}, {DESIGNATOR_HOME, "ext4", "g"}, {0, NULL, ""}},
                                 sealed[] = {{ROOT_SQUASHFS, "r"}, {HASHES, "r"}, {0, NULL, ""}};

        for (unsigned version = 254; version < 260; version++) {
                _cleanup_free_ char *pin = pin_of(TABLE_GPT, data, 0, version),
                                    *verity = pin_of(TABLE_GPT, sealed, POLICY_VERITY, version);

                assert_string_equal(pin, "root=unprotected:home=encrypted+unprotected:=absent");
                assert_string_equal(verity, "root=verity:=absent");
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pin_of_flags),
                cmocka_unit_test(test_pin_before_260),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
