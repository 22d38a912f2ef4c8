/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WIRE_CODEC_H
#define WIRE_CODEC_H

/*
 * Values in memory to bytes for another process of ours and back, and to D-Bus messages and back, all by
 * their D-Bus signature. What reads treats every byte as hostile.
 *
 * A signature, and what it is in memory at the offset of its field:
 *   s, o      char *; an o is the object path of the image of that name, and is skipped when read
 *   b, t      bool, uint64_t
 *   as        char ** (strv)
 *   ay        char *, its size at the second offset
 *   a(sss)    struct change_list
 *   ss        struct error: its name on the bus and its message, both empty if there is none
 *   a(…), a{…} with a record: an array of structs, their number at the second offset
 */

#include <stddef.h>
#include <systemd/sd-bus.h>

struct codec_record;
struct pack;
struct unpack;

struct codec_field {
        const char *signature;
        const char *name; /* of the argument of a method; NULL: not on the bus, for our own processes only */
        size_t offset, size_offset;
        const struct codec_record *record;
};

/* What an array has. */
struct codec_record {
        size_t size;
        const struct codec_field *fields;
        size_t n;
};

void codec_pack(struct pack *p, const struct codec_field *f, const void *base);

/* Sets what is there; u->failed tells if something is bad. */
void codec_unpack(struct unpack *u, const struct codec_field *f, void *base);

/* Both return a negative errno if it can't be. */
int codec_append(sd_bus_message *m, const struct codec_field *f, const void *base);

/* Asked before something is taken out of a message: a string, whose text is given, or one more item of an
 * array (NULL), of which there are n already. Returns a negative errno to refuse it. */
typedef int (*codec_accept)(const struct codec_field *f, const char *s, size_t n, void *userdata);

/* accept may be NULL. What was set before an error stays, to be cleared. */
int codec_read(sd_bus_message *m, const struct codec_field *f, void *base, codec_accept accept,
               void *userdata);

void codec_clear(const struct codec_field *f, void *base);

#endif
