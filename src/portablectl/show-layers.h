/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_SHOW_LAYERS_H
#define PORTABLECTL_SHOW_LAYERS_H

/* What an image in layers is made of, as status and verify tell it. */

struct json_object;
struct stack;

/* A line each; the word in front ends in that column. Returns 0 or -ENOMEM. */
int show_layers(const struct stack *s, int column);

/* Sets the member "layers", an empty array where there are none. Returns 0 or -ENOMEM. */
int put_layers(struct json_object *o, const struct stack *s);

#endif
