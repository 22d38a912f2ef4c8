/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_VIEW_H
#define OPERATION_VIEW_H

/*
 * What root may see and others may not. Some questions anybody may ask; they are answered by a process that
 * can look everywhere. It must not let itself be led by links that others can change, nor tell what is in
 * directories that the one who asks could not enter. Each function does nothing for OPERATION_TRUSTED.
 */

struct error;
struct image;
struct operation;
struct operation_request;
struct stack;

/* An image that has been found by this name or path may be read. ERROR_ACCESS_DENIED if others have a say in
 * what it is. */
int view_check_image(struct operation *o, const char *asked, const struct image *image, struct error *error);

/* The same of what an image in layers is made of. */
int view_check_stack(struct operation *o, const char *asked, const struct stack *stack, struct error *error);

/* An image has not been found. Turns the reason into one without names of files. Returns the negative errno
 * to return. */
int view_hide_reason(struct operation *o, const char *asked, int r, struct error *error);

/* Whether links and versions that the images of a request are named by may be followed. Returns 1, 0 if a
 * stranger asks, or a negative errno with ERROR_ACCESS_DENIED. */
int view_may_resolve(struct operation *o, const struct operation_request *request, struct error *error);

/*
 * What anybody may be told of an image in the search path without reading it. Returns 1 if it may be told
 * of: the path becomes that of the entry if it leads where not everybody may look, and not to another
 * entry, which is in the list anyway. 0 if a stranger asks and a link of others leads there: whether it is
 * there at all is nothing to tell. Or a negative errno with ERROR_ACCESS_DENIED (it depends on who asks) or
 * ERROR_NO_MEMORY.
 */
int view_show_image(struct operation *o, struct image *image, struct error *error);

#endif
