/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "images.h"

/* Images that must fail, each with the whole message a person sees. */

#define NO_GPT  " Give one the type of a root, with sfdisk --part-type"
#define NO_AUTO " It is marked not to be used (no-auto, or the label _empty)"
#define NO_MBR  " With an MBR table it must be of type 83"
#define TWO_MBR " With an MBR table there can be only one of type 83"

static void test_nothing_known(void **state)
{
        images_run(": >empty.raw; truncate -s 64K zero.raw; echo text >text.raw; mkfifo fifo.raw");
        images_assert_error("empty.raw", "Image '%s' is empty");
        images_assert_error("zero.raw",
                            "Image '%s' holds no partition table, and no file system that images can have "
                            "(squashfs, erofs, ext4, ext3, ext2, xfs, btrfs, f2fs)");
        images_assert_error("text.raw",
                            "Image '%s' holds no partition table, and no file system that images can have "
                            "(squashfs, erofs, ext4, ext3, ext2, xfs, btrfs, f2fs)");
        images_assert_error("fifo.raw",
                            "Image '%s' is neither a directory, nor a regular file, nor a block device");
}

static void test_unsupported_file_systems(void **state)
{
        images_run("truncate -s 4M vfat.raw swap.raw lvm.raw; mkfs.vfat vfat.raw; mkswap swap.raw");
        images_assert_error(
                "vfat.raw",
                "Image '%s': the file system is of type 'vfat', which images cannot have; supported are "
                "squashfs, erofs, ext4, ext3, ext2, xfs, btrfs, f2fs");
        images_assert_error(
                "swap.raw",
                "Image '%s': the file system is of type 'swap', which images cannot have; supported are "
                "squashfs, erofs, ext4, ext3, ext2, xfs, btrfs, f2fs");
        images_partition("swaproot.raw", 8, "label: gpt\nsize=2M, type=" GPT_ROOT_X86_64 ", name=r");
        images_assert_error(
                "swaproot.raw",
                "Image '%s': partition 1 (root for x86-64, label 'r') holds no file system that images can "
                "have (squashfs, erofs, ext4, ext3, ext2, xfs, btrfs, f2fs)");
}

static void test_luks(void **state)
{
        images_run("truncate -s 20M luks.raw; echo secret | cryptsetup luksFormat -q --pbkdf pbkdf2 "
                   "--pbkdf-force-iterations 1000 luks.raw -");
        images_assert_error(
                "luks.raw",
                "Image '%s': the file system is encrypted (crypto_LUKS); images are not unlocked for "
                "portable services: make it without encryption, dm-verity can protect it");
        images_partition("luksgpt.raw", 24, "label: gpt\nsize=20M, type=" GPT_ROOT_X86_64);
        images_put("luksgpt.raw", "luks.raw", 1);
        images_assert_error("luksgpt.raw",
                            "Image '%s': partition 1 (root for x86-64) is encrypted (crypto_LUKS); "
                            "images are not unlocked for portable services: make it without encryption, "
                            "dm-verity can protect it");
}

static void test_no_root(void **state)
{
        images_partition("noroot.raw", 8,
                         "label: gpt\nsize=2M, type=" GPT_ESP "\nsize=2M, type=" GPT_SWAP ", name=aXb");
        /* The second letter of the second label, UTF-16. */
        images_poke("noroot.raw", 1024 + 128 + 56 + 2, "\x1b", 1);
        images_gpt_checksum("noroot.raw");
        images_assert_error("noroot.raw",
                            "Image '%s' has no root or usr partition for x86-64; its partitions: 1 (esp), "
                            "2 (swap, label 'a\\x1bb')." NO_GPT);
        images_partition("nombr.raw", 8, "label: dos\nsize=2M, type=c");
        images_assert_error("nombr.raw",
                            "Image '%s' has no root or usr partition for x86-64; its partitions: 1 (other "
                            "type 0x0c)." NO_MBR);
        images_partition("nothing.raw", 8, "label: gpt");
        images_assert_error(
                "nothing.raw",
                "Image '%s' has no root or usr partition for x86-64; its partitions: none." NO_GPT);
        images_partition("noauto.raw", 8, "label: gpt\nsize=2M, type=" GPT_ROOT_X86_64 ", attrs=GUID:63");
        images_assert_error(
                "noauto.raw",
                "Image '%s' has no root or usr partition for x86-64; its partitions: 1 (root for "
                "x86-64, no-auto)." NO_AUTO);
}

static void test_ambiguous(void **state)
{
        images_partition("two.raw", 8,
                         "label: gpt\nsize=2M, type=" GPT_LINUX ", name=one\nsize=2M, type=" GPT_LINUX);
        images_assert_error(
                "two.raw",
                "Image '%s' has 2 generic Linux partitions and none marked as root or usr, so its "
                "root is ambiguous; its partitions: 1 (linux-generic, label 'one'), 2 "
                "(linux-generic)." NO_GPT);
        images_partition("twombr.raw", 8, "label: dos\nsize=2M, type=83\nsize=2M, type=83");
        images_assert_error("twombr.raw",
                            "Image '%s' has 2 generic Linux partitions and none marked as root or usr, so "
                            "its root is ambiguous; its partitions: 1 (linux-generic), 2 "
                            "(linux-generic)." TWO_MBR);
}

static void test_foreign_architecture(void **state)
{
        images_partition("arm.raw", 8,
                         "label: gpt\nsize=2M, type=" GPT_ESP "\nsize=2M, type=" GPT_ROOT_ARM64);
        images_put("arm.raw", "root.img", 3);
        images_assert_error(
                "arm.raw",
                "Image '%s' is made for another architecture: its partition 2 is a root for arm64, "
                "this machine is x86-64");
}

static void test_truncated(void **state)
{
        images_partition("cut.raw", 8, "label: gpt\nsize=2M, type=" GPT_ROOT_X86_64);
        images_run("truncate -s 2M cut.raw");
        images_assert_error(
                "cut.raw",
                "Image '%s' is truncated: its partition table is made for 8388608 bytes, but there "
                "are 2097152");
        images_partition("cutmbr.raw", 8, "label: dos\nsize=4M, type=83");
        images_run("truncate -s 2M cutmbr.raw");
        images_assert_error("cutmbr.raw",
                            "Image '%s' is truncated: partition 1 (linux-generic) reaches to byte 5242880, "
                            "but there are only 2097152");
        images_run("head -c 1M /dev/urandom >tree/noise; mksquashfs tree big.img -quiet -no-progress "
                   "-noappend; rm "
                   "tree/noise; truncate -s 512K big.img");
        images_assert_error("big.img",
                            "Image '%s' is truncated or damaged: the file system (squashfs) needs 10*");
        images_run("mke2fs -q -t ext4 -d tree cut4.raw 8M; truncate -s 4M cut4.raw");
        images_assert_error(
                "cut4.raw",
                "Image '%s' is truncated or damaged: the file system (ext4) needs 8388608 bytes, "
                "but there are only 4194304");
        images_run("head -c 4M /dev/urandom >tree/noise; mkfs.erofs cute.raw tree; rm tree/noise; truncate "
                   "-s 1M "
                   "cute.raw");
        images_assert_error("cute.raw",
                            "Image '%s' is truncated or damaged: the file system (erofs) needs 4*");
}

static void test_damaged_gpt(void **state)
{
        uint64_t v;

        images_partition("crc.raw", 8, "label: gpt\nsize=2M, type=" GPT_ROOT_X86_64);
        images_put("crc.raw", "root.img", 1);
        /* A wrong checksum in one header: the other still counts. */
        images_poke("crc.raw", 512 + 16, "xxxx", 4);
        images_assert_file("crc.raw", "/usr/lib/os-release", "ID=tiny\n");
        images_poke("crc.raw", (8 << 20) - 512 + 16, "xxxx", 4);
        images_assert_error("crc.raw",
                            "Image '%s': its GPT partition table is damaged (wrong checksum or impossible "
                            "values); sfdisk --verify tells more");
        /* Entries: checksums of both headers fail. */
        images_partition("entries.raw", 8, "label: gpt\nsize=2M, type=" GPT_ROOT_X86_64);
        images_poke("entries.raw", 1024 + 32, "\xff\xff\xff", 3);
        images_poke("entries.raw", (8 << 20) - 33 * 512 + 32, "\xff\xff\xff", 3);
        images_assert_error("entries.raw",
                            "Image '%s': its GPT partition table is damaged (wrong checksum or impossible "
                            "values); sfdisk --verify tells more");
        /* Impossible extents under right checksums: libblkid leaves such entries out. */
        images_partition("overflow.raw", 8, "label: gpt\nsize=2M, type=" GPT_ROOT_X86_64);
        v = UINT64_MAX - 1;
        images_poke("overflow.raw", 1024 + 40, &v, sizeof(v));
        images_gpt_checksum("overflow.raw");
        images_assert_error(
                "overflow.raw",
                "Image '%s' has no root or usr partition for x86-64; its partitions: none." NO_GPT);
        images_partition("backward.raw", 8, "label: gpt\nsize=2M, type=" GPT_ROOT_X86_64);
        v = 100;
        images_poke("backward.raw", 1024 + 40, &v, sizeof(v));
        images_gpt_checksum("backward.raw");
        images_assert_error("backward.raw",
                            "Image '%s': partition 1 (root) has an impossible place or size");
}

static void test_mbr_extents(void **state)
{
        static const uint8_t zero[4] = {}, all[4] = {255, 255, 255, 255};

        images_partition("zerombr.raw", 8, "label: dos\nsize=4M, type=83");
        images_poke("zerombr.raw", 446 + 12, zero, 4);
        images_assert_error(
                "zerombr.raw",
                "Image '%s' has no root or usr partition for x86-64; its partitions: none." NO_MBR);
        images_partition("hugembr.raw", 8, "label: dos\nsize=4M, type=83");
        images_poke("hugembr.raw", 446 + 8, all, 4);
        images_poke("hugembr.raw", 446 + 12, all, 4);
        images_assert_error("hugembr.raw",
                            "Image '%s' is truncated: partition 1 (linux-generic) reaches to byte "
                            "4398046510080, but there are only 8388608");
}

static void test_damaged_file_systems(void **state)
{
        static const uint8_t all[8] = {255, 255, 255, 255, 255, 255, 255, 255};

        images_run("mke2fs -q -t ext4 -O ^metadata_csum -d tree huge4.raw 4M");
        images_poke("huge4.raw", 1024 + 4, all, 4);
        images_assert_error("huge4.raw",
                            "Image '%s' is truncated or damaged: the file system (ext4) needs 4398046510080 "
                            "bytes, but there are only 4194304");
        /* squashfs: the table of inodes outside. */
        images_run("cp root.img inode.raw");
        images_poke("inode.raw", 64, all, 8);
        images_assert_error("inode.raw",
                            "Image '%s': the kernel cannot mount the file system as squashfs: it is "
                            "damaged or uses features this kernel does not know*");
        images_run("mkfs.erofs feature.raw tree");
        images_poke("feature.raw", 1024 + 80, all, 4);
        images_assert_error("feature.raw",
                            "Image '%s': the kernel cannot mount the file system as erofs: it is "
                            "damaged or uses features this kernel does not know*");
        images_run("mke2fs -q -t ext4 -d tree inode4.raw 4M; debugfs -w -R 'clri <2>' inode4.raw");
        images_assert_error("inode4.raw",
                            "Image '%s': the kernel cannot mount the file system as ext4: it is "
                            "damaged or uses features this kernel does not know*");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_nothing_known), cmocka_unit_test(test_unsupported_file_systems),
                cmocka_unit_test(test_luks),          cmocka_unit_test(test_no_root),
                cmocka_unit_test(test_ambiguous),     cmocka_unit_test(test_foreign_architecture),
                cmocka_unit_test(test_truncated),     cmocka_unit_test(test_damaged_gpt),
                cmocka_unit_test(test_mbr_extents),   cmocka_unit_test(test_damaged_file_systems),
        };

        return cmocka_run_group_tests(tests, images_setup, images_teardown);
}
