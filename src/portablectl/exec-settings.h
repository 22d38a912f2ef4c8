/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_EXEC_SETTINGS_H
#define PORTABLECTL_EXEC_SETTINGS_H

/* The drop-ins of an attached service as properties of a transient one, in the form that systemd-run(1)
 * takes. Pure. */

struct error;

/*
 * "KEY=VALUE" of all settings of the [Service] sections of both texts, in order; fields for the log are left
 * out. Settings that a transient unit takes the last of, where a unit file takes the sum, are summed up
 * here. runtime_dir: what "%t" stands for. *ret is owned by the caller, never NULL on success.
 * ERROR_NOT_SUPPORTED: another specifier ("%i"), which a transient unit does not expand, or sums that can't
 * be written in one.
 */
int exec_settings(const char *profile, const char *dropin, const char *runtime_dir, char ***ret,
                  struct error *error);

#endif
