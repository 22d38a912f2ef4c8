/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verity/certificates.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/text.h"
#include "verity/signature.h"

#define CERTIFICATE_SIZE_MAX (1024U * 1024)
#define CERTIFICATES_MAX     1024

static void cleanup_biop(BIO **b)
{
        BIO_free(*b);
}

static void cleanup_pkcs7p(PKCS7 **p)
{
        PKCS7_free(*p);
}

static void cleanup_certificatesp(STACK_OF(X509) * *s)
{
        sk_X509_pop_free(*s, X509_free);
}

static void cleanup_signersp(STACK_OF(X509) * *s)
{
        sk_X509_free(*s);
}

/* Files that cannot be read or hold no certificate are passed over: one bad file must not take the others'
 * trust. */
static int load_one(int root_fd, const char *path, STACK_OF(X509) * certificates)
{
        __attribute__((cleanup(cleanup_biop))) BIO *bio = NULL;
        _cleanup_free_ char *text = NULL;
        size_t size;
        X509 *certificate;

        if (fd_read_file_in_root(root_fd, path, CERTIFICATE_SIZE_MAX, &text, &size) < 0)
                return 0;
        bio = BIO_new_mem_buf(text, (int)size);
        if (!bio)
                return -ENOMEM;
        certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        if (!certificate)
                return 0;
        if (sk_X509_push(certificates, certificate) <= 0) {
                X509_free(certificate);
                return -ENOMEM;
        }
        return 0;
}

/* Adds the certificates of a directory whose file names are not in seen yet, and their names to seen. */
static int load_directory(int root_fd, const char *path, char ***seen, STACK_OF(X509) * certificates)
{
        _cleanup_closedir_ DIR *dir = NULL;
        struct dirent *e;

        /* What can't be read trusts nobody. */
        (void)directory_open_in_root(root_fd, path, &dir);
        while (directory_next(dir, &e) > 0) {
                _cleanup_free_ char *file = path_join(path, e->d_name);
                int r;

                if (!file)
                        return -ENOMEM;
                if (e->d_name[0] == '.' || !string_ends_with(e->d_name, ".crt") ||
                    strv_contains(*seen, e->d_name))
                        continue;
                if (sk_X509_num(certificates) >= CERTIFICATES_MAX)
                        return 0;
                r = strv_append(seen, e->d_name);
                if (r < 0)
                        return r;
                r = load_one(root_fd, file, certificates);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int load_all(int root_fd, STACK_OF(X509) * certificates)
{
        _cleanup_strv_ char **seen = NULL;

        for (const char *const *d = layout_certificates; *d; d++) {
                int r = load_directory(root_fd, *d, &seen, certificates);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* The signers' own validity: PKCS7_NOVERIFY leaves dates out together with the chain that we do not have. */
static int check_dates(PKCS7 *p7, STACK_OF(X509) * certificates, const char *image, struct error *error)
{
        __attribute__((cleanup(cleanup_signersp))) STACK_OF(X509) *signers =
                PKCS7_get0_signers(p7, certificates, PKCS7_NOINTERN);

        for (int i = 0; signers && i < sk_X509_num(signers); i++) {
                const X509 *c = sk_X509_value(signers, i);

                if (X509_cmp_current_time(X509_get0_notAfter(c)) < 0)
                        return error_set(
                                error, ERROR_FAILED, EKEYEXPIRED,
                                "Image '%s': its root hash is signed with a certificate that has expired",
                                image);
                if (X509_cmp_current_time(X509_get0_notBefore(c)) > 0)
                        return error_set(error, ERROR_FAILED, EKEYEXPIRED,
                                         "Image '%s': its root hash is signed with a certificate that is "
                                         "not valid yet",
                                         image);
        }
        if (!signers || sk_X509_num(signers) == 0)
                return error_set(error, ERROR_FAILED, EBADMSG,
                                 "Image '%s': the signature of its root hash has no signer", image);
        return 0;
}

/* Where they would be, with that between the last two. NULL if out of memory. */
static char *name_directories(const char *last)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        for (const char *const *d = layout_certificates; *d; d++)
                fprintf(f, "%s%s", d == layout_certificates ? "" : d[1] ? ", " : last, *d);
        return text_stream_finish(f, &text);
}

/* Why OpenSSL said no, as far as a person can do something about it. */
static int verify_failed(int n_certificates, const char *image, struct error *error)
{
        _cleanup_free_ char *directories = name_directories(n_certificates == 0 ? ", " : " or ");
        unsigned long code = ERR_peek_last_error();

        ERR_clear_error();
        if (!directories)
                return error_set_oom(error);
        if (n_certificates == 0)
                return error_set(error, ERROR_FAILED, ENOKEY,
                                 "Image '%s': its root hash is signed, but there are no certificates to "
                                 "check that with (*.crt in %s)",
                                 image, directories);
        if (ERR_GET_LIB(code) == ERR_LIB_PKCS7 &&
            ERR_GET_REASON(code) == PKCS7_R_SIGNER_CERTIFICATE_NOT_FOUND)
                return error_set(
                        error, ERROR_FAILED, ENOKEY,
                        "Image '%s': its root hash is signed with a key that none of the certificates in %s "
                        "belongs to",
                        image, directories);
        return error_set(error, ERROR_FAILED, EKEYREJECTED,
                         "Image '%s': the signature is not one of its root hash", image);
}

int certificates_verify(int root_fd, const char *hex, const void *signature, size_t size, const char *image,
                        struct error *error)
{
        __attribute__((cleanup(cleanup_certificatesp))) STACK_OF(X509) *certificates = sk_X509_new_null();
        __attribute__((cleanup(cleanup_pkcs7p))) PKCS7 *p7 = NULL;
        __attribute__((cleanup(cleanup_biop))) BIO *content = BIO_new_mem_buf(hex, -1);
        const unsigned char *data = signature;

        if (!certificates || !content || load_all(root_fd, certificates) < 0)
                return error_set_oom(error);
        ERR_clear_error();
        if (size <= LONG_MAX)
                p7 = d2i_PKCS7(NULL, &data, (long)size);
        if (!p7 || !PKCS7_type_is_signed(p7)) {
                ERR_clear_error();
                return error_set(
                        error, ERROR_FAILED, EBADMSG,
                        "Image '%s': the signature of its root hash is not a PKCS#7 signature in DER form",
                        image);
        }
        ERR_clear_error();
        if (PKCS7_verify(p7, certificates, NULL, content, NULL,
                         PKCS7_NOINTERN | PKCS7_NOVERIFY | PKCS7_NO_DUAL_CONTENT | PKCS7_BINARY) != 1)
                return verify_failed(sk_X509_num(certificates), image, error);
        return check_dates(p7, certificates, image, error);
}
