/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "verity/device-mapper.h"
#include "policy/policy.h"
#include "partition/probe.h"
#include "verity/verity.h"
#include "images.h"

/* Where verity data is found, and what comes of it. On kernels without device-mapper the last step is its
 * error. */

static int setup(void **state)
{
        int r = images_setup(state);

        if (r < 0)
                return r;
        images_verity_tools();
        /* A device of one block is too small for verity. */
        images_run("head -c 64K /dev/urandom >tree/noise; mksquashfs tree root.img -quiet -no-progress "
                   "-noappend");
        /* bare.raw: a file system with everything beside it. */
        images_run("cp root.img bare.raw; veritysetup format bare.raw bare.verity --root-hash-file "
                   "bare.roothash\n"
                   "sign bare.roothash bare.roothash.p7s");
        /* Tables: data and hash of root.img, UUIDs by root hash; with and without a signature. */
        images_run("veritysetup format root.img root.verity --root-hash-file root.hash; H=$(cat root.hash)\n"
                   "gpt verity.raw $H; gpt signed.raw $H; sign root.hash root.p7s; json $H root.p7s >sig; "
                   "put signed.raw "
                   "sig 5");
        return 0;
}

struct found {
        struct partition_table table;
        struct selection selection;
        struct verity verity;
        char *message;
};

/* Of an image that is open already. */
static int find_open(int fd, const char *name, struct found *f)
{
        _cleanup_error_ struct error error = {};
        _cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        char path[640];
        struct verity_source source = {
                .root_fd = root, .image_fd = fd, .path = path, .image = name, .table = &f->table};
        int r;

        snprintf(path, sizeof(path), "%s", images_path(name));
        *f = (struct found){.verity = VERITY_NONE};
        assert_int_equal(image_probe(fd, name, &f->table, &error), 0);
        assert_int_equal(partitions_select(&f->table, name, "x86-64", &f->selection, &error), 0);
        r = verity_find(&source, DESIGNATOR_ROOT, &f->selection, &f->verity, &error);
        f->message = r < 0 ? strdup(error_message(&error)) : NULL;
        return r;
}

static int find(const char *name, struct found *f)
{
        _cleanup_close_ int fd = images_open(name);

        return find_open(fd, name, f);
}

static void found_clear(struct found *f)
{
        verity_clear(&f->verity);
        partition_table_clear(&f->table);
        free(f->message);
}

#define _cleanup_found_ __attribute__((cleanup(found_clear)))

static void assert_hash(const struct verity_hash *h, const char *file)
{
        _cleanup_close_ int fd = images_open(file);
        _cleanup_free_ char *text = NULL;
        char hex[VERITY_HEX_SIZE];

        assert_int_equal(fd_read_all(fd, 1000, &text, NULL), 0);
        verity_hash_to_hex(h, hex);
        assert_string_equal(hex, text);
}

static void assert_signature(const struct verity *v, const char *file)
{
        _cleanup_close_ int fd = images_open(file);
        _cleanup_free_ char *data = NULL;
        size_t size;

        assert_int_equal(fd_read_all(fd, 1 << 20, &data, &size), 0);
        assert_non_null(v->signature);
        assert_int_equal(v->signature_size, size);
        assert_memory_equal(v->signature, data, size);
}

static void test_beside(void **state)
{
        _cleanup_found_ struct found f, plain;

        assert_int_equal(find("bare.raw", &f), 0);
        assert_true(verity_is_available(&f.verity));
        assert_true(f.verity.outside);
        assert_true(f.verity.fd >= 0);
        assert_hash(&f.verity.hash, "bare.roothash");
        assert_signature(&f.verity, "bare.roothash.p7s");
        assert_false(f.verity.private_signature);
        /* Nothing beside it. */
        assert_int_equal(find("root.img", &plain), 0);
        assert_false(verity_is_available(&plain.verity));
        assert_false(plain.verity.outside);
}

static void test_beside_incomplete(void **state)
{
        _cleanup_found_ struct found no_data, no_hash;

        /* As for systemd: a root hash without data, or data without a root hash, is as if there were none.
         */
        images_run("cp root.img a.raw; cp bare.roothash a.roothash; cp root.img b.raw; cp bare.verity "
                   "b.verity");
        assert_int_equal(find("a.raw", &no_data), 0);
        assert_false(verity_is_available(&no_data.verity));
        assert_int_equal(find("b.raw", &no_hash), 0);
        assert_false(verity_is_available(&no_hash.verity));
}

/* What lies beside the image that was opened counts, not what somebody put in the place of its directory. */
static void test_beside_moved(void **state)
{
        static const char *const swaps[] = {
                "mv moved away; mkdir moved; cp root.img moved/x.raw; cp bare.roothash moved/x.roothash",
                "mv moved away; ln -s empty moved", "mv moved away", "mv moved/x.raw moved/y.raw"};

        images_run("mkdir empty");
        for (size_t i = 0; i < ELEMENTSOF(swaps); i++) {
                _cleanup_close_ int fd = -EBADF;
                _cleanup_found_ struct found f;

                images_run("rm -rf moved away; mkdir moved; cp bare.raw moved/x.raw; cp bare.verity "
                           "moved/x.verity");
                fd = images_open("moved/x.raw");
                images_run("%s", swaps[i]);
                assert_int_equal(find_open(fd, "moved/x.raw", &f), -ESTALE);
                assert_string_equal(f.message,
                                    "Image 'moved/x.raw' was moved or replaced while it was looked at");
        }
}

static void test_beside_linked(void **state)
{
        _cleanup_found_ struct found f;

        images_run("mkdir linked linked/far; cp bare.raw linked/x.raw; ln -s far/hash linked/x.roothash\n"
                   "cp bare.roothash linked/far/hash; ln -s ../bare.verity linked/x.verity\n"
                   "ln -s $PWD/bare.roothash.p7s linked/x.roothash.p7s");
        assert_int_equal(find("linked/x.raw", &f), 0);
        assert_true(verity_is_available(&f.verity));
        assert_hash(&f.verity.hash, "bare.roothash");
        assert_signature(&f.verity, "bare.roothash.p7s");
}

static void test_attributes(void **state)
{
        static const char *const signatures[] = {"0x$(od -An -v -tx1 bare.roothash.p7s | tr -d ' \\n')",
                                                 "$(base64 -w0 bare.roothash.p7s)",
                                                 "base64:$(base64 -w0 bare.roothash.p7s)"};

        for (size_t i = 0; i < ELEMENTSOF(signatures); i++) {
                _cleanup_found_ struct found f;

                images_run("rm -f x.raw; cp root.img x.raw; cp bare.verity x.verity; setfattr -n "
                           "user.verity.roothash -v "
                           "\"$(cat bare.roothash)\" x.raw; setfattr -n user.verity.roothashsig -v \"%s\" "
                           "x.raw",
                           signatures[i]);
                /* The attribute wins over the file. */
                images_run("echo junk >x.roothash");
                assert_int_equal(find("x.raw", &f), 0);
                assert_hash(&f.verity.hash, "bare.roothash");
                assert_signature(&f.verity, "bare.roothash.p7s");
                assert_true(f.verity.private_signature);
        }
}

static void assert_refused(const char *name, const char *message)
{
        _cleanup_found_ struct found f;

        assert_true(find(name, &f) < 0);
        assert_string_equal(f.message, message);
}

static void test_beside_refused(void **state)
{
        _cleanup_free_ char *message = NULL;

        images_run("cp root.img r.raw; echo junk >r.roothash");
        assert_true(asprintf(&message,
                             "Image 'r.raw': the file '%s/r.roothash' holds no root hash (32 to 128 "
                             "hexadecimal digits)",
                             images_dir) > 0);
        assert_refused("r.raw", message);
        free(message);
        images_run("rm r.roothash; head -c 5000 /dev/zero >r.roothash");
        assert_true(asprintf(&message, "Image 'r.raw': the file '%s/r.roothash' beside it is too large",
                             images_dir) > 0);
        assert_refused("r.raw", message);
        free(message);
        images_run("rm r.roothash; mkfifo r.roothash");
        assert_true(asprintf(&message, "Image 'r.raw': '%s/r.roothash' beside it is not a regular file",
                             images_dir) > 0);
        assert_refused("r.raw", message);
        images_run("rm r.roothash; cp bare.roothash r.roothash; cp root.img r.roothash.p7s");
        free(message);
        assert_true(
                asprintf(&message,
                         "Image 'r.raw': the file '%s/r.roothash.p7s' beside it is not a PKCS#7 signature "
                         "in DER "
                         "form; no service would start from the image",
                         images_dir) > 0);
        assert_refused("r.raw", message);
        images_run("openssl pkcs7 -inform der -in bare.roothash.p7s -out r.roothash.p7s");
        free(message);
        assert_true(
                asprintf(&message,
                         "Image 'r.raw': the file '%s/r.roothash.p7s' beside it is not a PKCS#7 signature "
                         "in DER "
                         "form, but one in PEM form; no service would start from the image",
                         images_dir) > 0);
        assert_refused("r.raw", message);
        images_run("rm r.roothash.p7s; mkdir r.verity");
        assert_refused("r.raw", "Image 'r.raw': the .verity beside it is not a regular file");
        images_run("rmdir r.verity; setfattr -n user.verity.roothash -v xyz r.raw");
        assert_refused("r.raw",
                       "Image 'r.raw': its attribute 'user.verity.roothash' holds no root hash (32 to 128 "
                       "hexadecimal digits)");
        images_run(
                "setfattr -x user.verity.roothash r.raw; setfattr -n user.verity.roothashsig -v %% r.raw");
        assert_refused("r.raw",
                       "Image 'r.raw': its attribute user.verity.roothashsig holds no signature (DER or "
                       "base64)");
}

static void test_partitions(void **state)
{
        _cleanup_found_ struct found verity, with_signature;

        assert_int_equal(find("verity.raw", &verity), 0);
        assert_true(verity_is_available(&verity.verity));
        assert_false(verity.verity.outside);
        assert_int_equal(verity.verity.partition->number, 2);
        assert_hash(&verity.verity.hash, "root.hash");
        assert_null(verity.verity.signature);
        assert_null(verity.verity.trouble);

        assert_int_equal(find("signed.raw", &with_signature), 0);
        assert_hash(&with_signature.verity.hash, "root.hash");
        assert_hash(&with_signature.verity.signed_hash, "root.hash");
        assert_signature(&with_signature.verity, "root.p7s");
}

static void test_hash_selects_partitions(void **state)
{
        _cleanup_found_ struct found f;

        /* Two versions in one image; the hash beside it is that of the older. */
        images_run("H=$(cat root.hash); truncate -s 16M ab.raw; sfdisk -q ab.raw <<END\nlabel: gpt\n"
                   "size=2M, type=$ROOT, name=v1, uuid=$(uuid ${H:0:32})\nsize=2M, type=$VERITY, name=v1, "
                   "uuid=$(uuid "
                   "${H:32:32})\nsize=2M, type=$ROOT, name=v2\nsize=2M, type=$VERITY, name=v2\nEND\n"
                   "put ab.raw root.img 1; put ab.raw root.verity 3");
        assert_int_equal(find("ab.raw", &f), 0);
        assert_int_equal(f.selection.by[DESIGNATOR_ROOT]->number, 3);
        assert_int_equal(f.verity.partition->number, 4);
        found_clear(&f);
        images_run("cp root.hash ab.roothash");
        assert_int_equal(find("ab.raw", &f), 0);
        assert_int_equal(f.selection.by[DESIGNATOR_ROOT]->number, 1);
        assert_int_equal(f.verity.partition->number, 2);
        found_clear(&f);
        images_run("tr 0-9 1-90 <root.hash >ab.roothash");
        assert_true(find("ab.raw", &f) < 0);
        assert_non_null(strstr(
                f.message, "Image 'ab.raw': none of its 'root' partitions has the UUID that belongs to the "
                           "root hash beside it ("));
}

static void test_beside_and_inside(void **state)
{
        _cleanup_found_ struct found beside, both, other;

        /* With a partition table managers look for the signature in there only. */
        images_run("cp verity.raw s1.raw; cp root.hash s1.roothash; cp root.p7s s1.roothash.p7s");
        assert_int_equal(find("s1.raw", &beside), 0);
        assert_signature(&beside.verity, "root.p7s");
        assert_true(beside.verity.private_signature);
        images_run("cp signed.raw s2.raw; cp root.hash s2.roothash; echo junk >s2.roothash.p7s");
        assert_int_equal(find("s2.raw", &both), 0);
        assert_signature(&both.verity, "root.p7s");
        assert_false(both.verity.private_signature);
        images_run("cp signed.raw s3.raw; cp root.hash s3.roothash; tr 0-9 1-90 <root.hash >o; sign o "
                   "o.p7s; json $(cat o) "
                   "o.p7s >t.sig; dd if=/dev/zero of=s3.raw bs=64K seek=80 count=1 conv=notrunc; put s3.raw "
                   "t.sig 5");
        assert_int_equal(find("s3.raw", &other), 0);
        assert_null(other.verity.signature);
        assert_string_equal(other.verity.trouble,
                            "its signature partition is for another root hash than the one beside it");
}

static void test_signature_trouble(void **state)
{
        static const struct {
                const char *make, *trouble;
        } cases[] = {
                {"head -c 64K /dev/zero >t.sig", "its signature partition 3 cannot be used: it is empty"},
                {"head -c 64K /dev/zero | tr '\\0' x >t.sig",
                 "its signature partition 3 cannot be used: it is not a JSON object"},
                {"{ cat sig; head -c 64K /dev/zero; echo x; } | head -c 64K >t.sig; printf x | dd of=t.sig "
                 "bs=1 seek=65000 "
                 "conv=notrunc",
                 "its signature partition 3 cannot be used: there is data after its end"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_found_ struct found f;

                images_run("cp signed.raw t.raw; %s; put t.raw t.sig 5", cases[i].make);
                assert_int_equal(find("t.raw", &f), 0);
                assert_null(f.verity.signature);
                assert_string_equal(f.verity.trouble, cases[i].trouble);
                assert_true(verity_is_available(&f.verity));
        }
}

/* Under a policy (NULL: the default); the message if it fails, else the file's content. */
static int open_with(const char *name, const char *text, char **ret_message, char **ret_pin)
{
        _cleanup_error_ struct error error = {};
        _cleanup_close_ int fd = open(images_path(name), O_PATH | O_CLOEXEC),
                            root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        _cleanup_dissected_ struct dissected *d = NULL;
        _cleanup_free_ char *release = NULL;
        struct image_policy policy;
        struct dissect_options options = {
                .root_fd = root, .image_fd = fd, .path = images_path(name), .policy = text ? &policy : NULL};
        int r;

        if (text)
                assert_int_equal(image_policy_parse(text, &policy, &error), 0);
        r = dissect_open(&options, &d, &error);
        *ret_message = strdup(r < 0 ? error_message(&error) : "");
        *ret_pin = NULL;
        if (r >= 0) {
                assert_int_equal(dissected_pin(d, 262, ret_pin, &error), 0);
                assert_int_equal(fd_read_file_in_root(dissected_tree_fd(d), "/usr/lib/os-release", 100,
                                                      &release, NULL),
                                 0);
                assert_string_equal(release, "ID=tiny\n");
        }
        d = dissect_close(d);
        assert_int_equal(images_loops_left(), 0);
        return r;
}

/* message: after "Image 'PATH'" if it fails; else pin. */
static void assert_open(const char *name, const char *policy, const char *message, const char *pin)
{
        _cleanup_free_ char *got = NULL, *got_pin = NULL, *wanted = NULL;

        (void)open_with(name, policy, &got, &got_pin);
        assert_true(asprintf(&wanted, "Image '%s'%s", images_path(name), message ? message : "") > 0);
        assert_string_equal(got, message ? wanted : "");
        if (pin)
                assert_string_equal(got_pin, pin);
}

static void test_policy_demands(void **state)
{
        assert_open("verity.raw", "root=signed",
                    ": partition 1 (root for x86-64) is protected by verity without a signature, but the "
                    "image policy "
                    "allows for 'root' only: signed",
                    NULL);
        images_run("cp signed.raw t.raw; head -c 64K /dev/zero >t.sig; put t.raw t.sig 5");
        assert_open("t.raw", "root=signed",
                    ": partition 1 (root for x86-64) is protected by verity without a signature, but the "
                    "image policy "
                    "allows for 'root' only: signed; its signature partition 3 cannot be used: it is empty",
                    NULL);
        /* What is beside an image is meant, and not passed over. */
        assert_open("bare.raw", "root=unprotected",
                    ": the file system is signed, but the image policy allows for 'root' only: unprotected",
                    NULL);
        /* What is in the table may be. */
        assert_open("verity.raw", "root=unprotected", NULL,
                    "root=unprotected+squashfs:root-verity=unused+absent:=absent");
        assert_open(
                "signed.raw", "root=unprotected", NULL,
                "root=unprotected+squashfs:root-verity=unused+absent:root-verity-sig=unused+absent:=absent");
}

#define NO_MAPPER "which this kernel does not support (no device-mapper; perhaps: modprobe dm-verity)"

static void test_activation(void **state)
{
        _cleanup_error_ struct error error = {};
        bool mapper = verity_kernel_check("x", "y", &error) >= 0;

        assert_open("bare.raw", "root=verity",
                    mapper ? NULL : ": the file system is protected by verity, " NO_MAPPER,
                    mapper ? "root=verity+signed+squashfs:=absent" : NULL);
        assert_open("verity.raw", "root=verity",
                    mapper ? NULL : ": partition 1 (root for x86-64) is protected by verity, " NO_MAPPER,
                    mapper ? "root=verity+squashfs:=absent" : NULL);
        /* Without support in the kernel it is not taken as it is, although that is allowed, too. */
        assert_open("verity.raw", "root=verity+unprotected",
                    mapper ? NULL : ": partition 1 (root for x86-64) is protected by verity, " NO_MAPPER,
                    mapper ? "root=verity+squashfs:=absent" : NULL);
        assert_open("verity.raw", NULL,
                    mapper ? NULL : ": partition 1 (root for x86-64) is protected by verity, " NO_MAPPER,
                    mapper ? "root=verity+squashfs:=absent" : NULL);
        if (!mapper)
                assert_open("signed.raw", NULL,
                            ": partition 1 (root for x86-64) is protected by verity, " NO_MAPPER, NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_beside),
                cmocka_unit_test(test_beside_incomplete),
                cmocka_unit_test(test_beside_moved),
                cmocka_unit_test(test_beside_linked),
                cmocka_unit_test(test_attributes),
                cmocka_unit_test(test_beside_refused),
                cmocka_unit_test(test_partitions),
                cmocka_unit_test(test_hash_selects_partitions),
                cmocka_unit_test(test_beside_and_inside),
                cmocka_unit_test(test_signature_trouble),
                cmocka_unit_test(test_policy_demands),
                cmocka_unit_test(test_activation),
        };

        return cmocka_run_group_tests(tests, setup, images_teardown);
}
