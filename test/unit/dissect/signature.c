/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "verity/signature.h"
#include "images.h"

/* Certificates and signatures made by openssl(1), the way the documentation of image builders has it. */

#define HASH  "0933997f42427168c2283d7979c2ce5ca2d413fb3aeade2214d2b7ac47de2251"
#define OTHER "1933997f42427168c2283d7979c2ce5ca2d413fb3aeade2214d2b7ac47de2251"

static int setup(void **state)
{
        int r = images_setup(state);

        if (r < 0)
                return r;
        unsetenv("SYSTEMD_ALLOW_USERSPACE_VERITY");
        images_run("for n in good other; do openssl req -batch -newkey rsa:2048 -nodes -x509 -days 30 -subj "
                   "/CN=$n -keyout "
                   "$n.key -out $n.crt; done\n"
                   "printf %%s " HASH " >hash\n"
                   "sign() { openssl smime -sign -nocerts -noattr -binary -in \"$2\" -inkey $1.key -signer "
                   "$1.crt -outform "
                   "der -out \"$3\"; }\n"
                   "sign good hash good.p7s; printf %%s " OTHER
                   " >otherhash; sign good otherhash otherhash.p7s\n"
                   "openssl smime -sign -nodetach -nocerts -noattr -binary -in hash -inkey good.key -signer "
                   "good.crt "
                   "-outform der -out attached.p7s\n"
                   "mkdir -p root/etc/verity.d root/run/verity.d root/usr/lib/verity.d "
                   "root/usr/local/lib/verity.d");
        return 0;
}

static void set_certificates(const char *commands)
{
        images_run("rm -rf root/*/verity.d/* root/usr/*/verity.d/* root/usr/local/lib/verity.d/*\n%s",
                   commands);
}

static int check(const char *file, const char *text, char **ret_message)
{
        _cleanup_error_ struct error error = {};
        _cleanup_close_ int root = open(images_path("root"), O_PATH | O_DIRECTORY | O_CLOEXEC),
                            fd = images_open(file);
        _cleanup_free_ char *data = NULL;
        struct verity_hash hash;
        size_t size;
        int r;

        assert_int_equal(verity_hash_parse(text, strlen(text), &hash), 0);
        assert_int_equal(fd_read_all(fd, 1 << 20, &data, &size), 0);
        r = signature_check(root, &hash, data, size, "/x.raw", &error);
        *ret_message = strdup(r < 0 ? error_message(&error) : "");
        return r;
}

static void assert_check(const char *file, const char *text, int result, const char *message)
{
        _cleanup_free_ char *got = NULL;
        int r = check(file, text, &got);

        assert_string_equal(got, message);
        assert_int_equal(r, result);
}

static void test_each_directory(void **state)
{
        static const char *const commands[] = {
                "cp good.crt root/etc/verity.d/a.crt",
                "cp good.crt root/run/verity.d/a.crt",
                "cp good.crt root/usr/local/lib/verity.d/a.crt",
                "cp good.crt root/usr/lib/verity.d/a.crt",
                "cp other.crt root/etc/verity.d/a.crt; cp good.crt root/etc/verity.d/b.crt",
                "echo junk >root/etc/verity.d/a.crt; mkdir root/etc/verity.d/b.crt; mkfifo "
                "root/etc/verity.d/c.crt; cp "
                "good.crt root/etc/verity.d/d.crt",
        };

        for (size_t i = 0; i < ELEMENTSOF(commands); i++) {
                set_certificates(commands[i]);
                assert_check("good.p7s", HASH, 0, "");
        }
}

#define NO_CERTIFICATES \
        "Image '/x.raw': its root hash is signed, but there are no certificates to check that with (*.crt " \
        "in " \
        "/etc/verity.d, /run/verity.d, /usr/local/lib/verity.d, /usr/lib/verity.d)"
#define UNKNOWN \
        "Image '/x.raw': its root hash is signed with a key that none of the certificates in " \
        "/etc/verity.d, " \
        "/run/verity.d, /usr/local/lib/verity.d or /usr/lib/verity.d belongs to"

static void test_unknown(void **state)
{
        set_certificates("");
        assert_check("good.p7s", HASH, -ENOKEY, NO_CERTIFICATES);
        set_certificates("cp other.crt root/etc/verity.d/");
        assert_check("good.p7s", HASH, -ENOKEY, UNKNOWN);
        set_certificates(
                "cp good.crt root/etc/verity.d/good.pem; cp good.crt root/etc/verity.d/.hidden.crt");
        assert_check("good.p7s", HASH, -ENOKEY, NO_CERTIFICATES);
        /* Not outside of the root. */
        set_certificates("ln -s $PWD/good.crt root/etc/verity.d/a.crt");
        assert_check("good.p7s", HASH, -ENOKEY, NO_CERTIFICATES);
}

static void test_hidden_by_earlier_directory(void **state)
{
        set_certificates("cp good.crt root/usr/lib/verity.d/a.crt; ln -s /dev/null root/etc/verity.d/a.crt");
        assert_check("good.p7s", HASH, -ENOKEY, NO_CERTIFICATES);
        set_certificates("cp good.crt root/usr/lib/verity.d/a.crt; cp other.crt root/run/verity.d/a.crt");
        assert_check("good.p7s", HASH, -ENOKEY, UNKNOWN);
}

static void test_wrong(void **state)
{
        set_certificates("cp good.crt root/etc/verity.d/");
        assert_check("good.p7s", OTHER, -EKEYREJECTED,
                     "Image '/x.raw': the signature is not one of its root hash");
        assert_check("otherhash.p7s", HASH, -EKEYREJECTED,
                     "Image '/x.raw': the signature is not one of its root hash");
        assert_check("otherhash.p7s", OTHER, 0, "");
        /* With the hash inside it says what it signs itself; the kernel refuses that, too. */
        assert_check("attached.p7s", HASH, -EKEYREJECTED,
                     "Image '/x.raw': the signature is not one of its root hash");
        assert_check("hash", HASH, -EBADMSG,
                     "Image '/x.raw': the signature of its root hash is not a PKCS#7 signature in DER form");
        assert_check("good.crt", HASH, -EBADMSG,
                     "Image '/x.raw': the signature of its root hash is not a PKCS#7 signature in DER form");
        images_run("cp good.p7s flip.p7s");
        {
                struct stat st;

                assert_int_equal(stat(images_path("flip.p7s"), &st), 0);
                images_poke("flip.p7s", (uint64_t)st.st_size - 10, "\x00\x01\x02", 3);
        }
        assert_check("flip.p7s", HASH, -EKEYREJECTED,
                     "Image '/x.raw': the signature is not one of its root hash");
}

/* Every truncation must be refused, and none may crash. */
static void test_cut(void **state)
{
        _cleanup_close_ int root = -EBADF, fd = images_open("good.p7s");
        _cleanup_free_ char *data = NULL;
        struct verity_hash hash;
        size_t size;

        set_certificates("cp good.crt root/etc/verity.d/");
        root = open(images_path("root"), O_PATH | O_DIRECTORY | O_CLOEXEC);
        assert_int_equal(verity_hash_parse(HASH, strlen(HASH), &hash), 0);
        assert_int_equal(fd_read_all(fd, 1 << 20, &data, &size), 0);
        for (size_t i = 0; i < size; i++) {
                _cleanup_error_ struct error error = {};

                assert_int_equal(signature_check(root, &hash, data, i, "/x.raw", &error), -EBADMSG);
        }
}

static void test_expired(void **state)
{
        images_run("cat >ca.cnf "
                   "<<'END'\n[ca]\ndefault_ca=x\n[x]\ndir=.\ndatabase=$dir/index\nserial=$dir/serial\n"
                   "new_certs_dir=$dir\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\nEND\n"
                   "openssl req -batch -newkey rsa:2048 -nodes -subj /CN=dated -keyout dated.key -out "
                   "dated.csr\n"
                   "make() { : >index; rm -f index.attr; echo $3 >serial; openssl ca -batch -config ca.cnf "
                   "-selfsign "
                   "-keyfile dated.key -in dated.csr -out $4 -startdate $1 -enddate $2 -notext; }\n"
                   "make 20100101000000Z 20110101000000Z 01 old.crt; make 20900101000000Z 20910101000000Z "
                   "02 new.crt\n"
                   "for n in old new; do openssl smime -sign -nocerts -noattr -binary -in hash -inkey "
                   "dated.key -signer "
                   "$n.crt -outform der -out $n.p7s; done");
        set_certificates("cp old.crt new.crt root/etc/verity.d/");
        assert_check("old.p7s", HASH, -EKEYEXPIRED,
                     "Image '/x.raw': its root hash is signed with a certificate that has expired");
        assert_check("new.p7s", HASH, -EKEYEXPIRED,
                     "Image '/x.raw': its root hash is signed with a certificate that is not valid yet");
}

static void test_turned_off(void **state)
{
        static const struct {
                const char *cmdline;
                int allowed;
        } cases[] = {
                {"", true},
                {"quiet systemd.allow_userspace_verity=1", true},
                {"systemd.allow_userspace_verity=0 quiet\n", false},
                {"systemd.allow_userspace_verity=no", false},
                {"systemd.allow_userspace_verity=False", false},
                {"systemd.allow_userspace_verity", true},
                {"xsystemd.allow_userspace_verity=0", true},
                {"systemd.allow_userspace_verity=0 systemd.allow_userspace_verity=yes", true},
                {"systemd.allow_userspace_verity=1 systemd.allow_userspace_verity=off", false},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                assert_int_equal(signature_allowed_by_cmdline(cases[i].cmdline), cases[i].allowed);
        set_certificates("cp good.crt root/etc/verity.d/");
        assert_int_equal(setenv("SYSTEMD_ALLOW_USERSPACE_VERITY", "0", 1), 0);
        assert_check("good.p7s", HASH, -EOPNOTSUPP,
                     "Image '/x.raw': the kernel does not accept the signature of its root hash, and "
                     "checking it against "
                     "the certificates in /etc/verity.d is turned off (systemd.allow_userspace_verity=)");
        unsetenv("SYSTEMD_ALLOW_USERSPACE_VERITY");
        assert_check("good.p7s", HASH, 0, "");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_each_directory),
                cmocka_unit_test(test_unknown),
                cmocka_unit_test(test_hidden_by_earlier_directory),
                cmocka_unit_test(test_wrong),
                cmocka_unit_test(test_cut),
                cmocka_unit_test(test_expired),
                cmocka_unit_test(test_turned_off),
        };

        return cmocka_run_group_tests(tests, setup, images_teardown);
}
