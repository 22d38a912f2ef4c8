/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unitfile/reach.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/text.h"
#include "unitfile/bounds.h"
#include "unitfile/command.h"
#include "unitfile/merged.h"
#include "unitfile/rule.h"
#include "unitfile/words.h"

#define COMMANDS_MAX 64U

/* A unit that does more is refused for these. */
#define PHRASES_MAX 1000U

/* When a setting reaches past a profile. */
enum condition {
        REACH_FREE,        /* never */
        REACH_ANY,         /* whatever its value is */
        REACH_WORD,        /* the same, for each word of it */
        REACH_FIRST,       /* the same, for the first word */
        REACH_TRUE,        /* it is a boolean that is true */
        REACH_EXCEPT,      /* it is none of the values that do not count */
        REACH_STREAM,      /* a file or terminal of the host */
        REACH_ADDS,        /* a word that the profile's list has not, or one that turns the list around */
        REACH_GAINS,       /* the same; without a list of the profile's any word */
        REACH_COMMAND,     /* commands with "+" or "!" */
        REACH_PROGRAM,     /* commands of units that profiles know nothing of */
        REACH_USER,        /* a user of the host */
        REACH_UNIT,        /* a unit that is not the image's */
        REACH_INSTALL,     /* a name that does not begin with the image's */
        REACH_DIRECTORY,   /* the same, of a directory */
        REACH_PATH,        /* a path other than those in /run that begin so */
        REACH_ENVIRONMENT, /* a file of the host; what must be there is not taken back */
        REACH_WRITE,       /* a path that profiles protect */
};

static const struct row {
        const char *sections, *key;
        enum condition condition;
        const char *except;         /* values that do not count, between "|" */
        const char *allow;          /* by which word of Allow= it is opened; NULL: by none */
        const char *reset;          /* value that takes it back; NULL: nothing does */
        const char *before, *after; /* around the value; after NULL: instead of it; "=": it is a reason */
} rows[] = {
#include "unitfile/settings-table.h"
};

/* One setting being judged. */
struct judge {
        const struct unit_merged *m;
        const struct unit_bounds *bounds; /* NULL: the gravest only */
        const struct row *row;
        const struct unit_setting *setting;
        char ***phrases;
};

static int add(char ***l, const char *before, const char *value, const char *after)
{
        _cleanup_free_ char *shown = text_escape(value);

        if (!shown)
                return -ENOMEM;
        return strv_appendf(l, "%s%.100s%s", before, after ? shown : "", after ?: "");
}

/* 1, 0 or -ENOMEM. */
static int is_allowed(const struct judge *j, const char *word)
{
        const char *name = j->row->allow;

        return name && j->bounds ? unit_bounds_allow(j->bounds, name, word) : 0;
}

/* The word reaches past the profile: what is told of it is said unless it is allowed. */
static int report(const struct judge *j, const char *word, const char *told)
{
        _cleanup_free_ char *shown = NULL;
        int r = is_allowed(j, word);

        if (r != 0)
                return r < 0 ? r : 0;
        if (!j->row->after || strcmp(j->row->after, "=") != 0)
                return add(j->phrases, j->row->before, told, j->row->after);
        shown = text_escape(told);
        return shown ? strv_appendf(j->phrases, "has %s=%.100s (%s)", j->row->key, shown, j->row->before)
                     : -ENOMEM;
}

static int judge_commands(const struct judge *j)
{
        _cleanup_unit_commands_ struct unit_commands commands = {};

        if (unit_commands_read(j->setting->value, COMMANDS_MAX, &commands) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < commands.n; i++) {
                const struct unit_command *c = commands.items + i;
                const char *how = c->flags & COMMAND_PRIVILEGED  ? "' as root, outside of the sandbox"
                                  : c->flags & COMMAND_NO_SETUID ? "' as root"
                                                                 : NULL;
                int r;

                if (j->row->condition == REACH_PROGRAM)
                        how = "' as root on the host, which no profile confines";
                r = how ? is_allowed(j, c->program) : 1;
                if (r == 0)
                        r = add(j->phrases, "runs '", c->program, how);
                if (r < 0)
                        return r;
        }
        if (j->bounds && commands.n == COMMANDS_MAX)
                return add(j->phrases, "has more commands in a line than can be judged", "", NULL);
        return 0;
}

/* The word is in a list of the profile. 1, 0 or -ENOMEM. */
static int profile_has(const struct unit_merged *m, const struct row *row, const char *section,
                       const char *word, bool *ret_any)
{
        const struct unit_setting *s = NULL;

        while ((s = unit_merged_next(m, section, row->key, s))) {
                _cleanup_unit_words_ struct unit_words w = {};

                if (s->source == 0)
                        continue;
                *ret_any = true;
                if (unit_words_begin(&w, s->value) < 0)
                        return -ENOMEM;
                while (unit_words_next(&w))
                        if (strcmp(w.word, word) == 0)
                                return 1;
        }
        return 0;
}

static int judge_list(const struct judge *j)
{
        _cleanup_unit_words_ struct unit_words w = {};

        if (unit_words_begin(&w, j->setting->value) < 0)
                return -ENOMEM;
        while (unit_words_next(&w)) {
                bool any = false;
                int r = profile_has(j->m, j->row, j->setting->section, w.word, &any);

                if (r < 0)
                        return r;
                if (r > 0 || (!any && j->row->condition != REACH_GAINS))
                        continue;
                r = is_allowed(j, w.word);
                if (r < 0)
                        return r;
                if (r == 0)
                        return add(j->phrases, j->row->before, j->setting->value, j->row->after);
        }
        return 0;
}

static bool is_stream(const char *value)
{
        static const char *const kinds[] = {"file:", "append:", "truncate:", "tty", "kmsg"};

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (string_starts_with(value, kinds[i]))
                        return true;
        return strstr(value, "+console") != NULL;
}

/* A value between "|". */
static bool is_excepted(const struct row *row, const char *word)
{
        size_t n = strlen(word);

        for (const char *p = row->except; p && *p; p += strcspn(p, "|"), p += *p == '|')
                if (strcspn(p, "|") == n && strncmp(p, word, n) == 0)
                        return true;
        return false;
}

static bool is_protected(const char *word)
{
        const char *path = word + strspn(word, "-+");

        return strcmp(path, "/") == 0 || string_starts_with(path, "/proc") ||
               string_starts_with(path, "/sys") || strpbrk(path, "%\\") || strstr(path, "/.") ||
               strstr(path, "//");
}

/* 1, 0 or -ENOMEM. */
static int word_reaches(const struct judge *j, const char *word)
{
        enum condition c = j->row->condition;

        if (c == REACH_UNIT) {
                int r = j->bounds ? unit_bounds_have_unit(j->bounds, word) : 0;

                return r < 0 ? r : !r && !is_excepted(j->row, word);
        }
        if (c == REACH_INSTALL || c == REACH_DIRECTORY)
                return !j->bounds || !unit_bounds_have_name(j->bounds, word);
        return c != REACH_WRITE || is_protected(word);
}

static int judge_words(const struct judge *j)
{
        _cleanup_unit_words_ struct unit_words w = {};

        if (unit_words_begin(&w, j->setting->value) < 0)
                return -ENOMEM;
        while (unit_words_next(&w)) {
                int r = word_reaches(j, w.word);

                if (r > 0)
                        r = report(j, w.word, j->row->condition == REACH_FIRST ? j->setting->value : w.word);
                if (r < 0 || j->row->condition == REACH_FIRST)
                        return r;
        }
        return w.broken && j->bounds ? report(j, j->setting->value, j->setting->value) : 0;
}

static int judge_user(const struct judge *j)
{
        const char *value = j->setting->value;

        if (strcmp(value, "root") != 0 && strcmp(value, "0") != 0)
                return report(j, value, value);
        if (is_allowed(j, value) > 0)
                return 0;
        return add(j->phrases, strcmp(j->row->key, "User") == 0 ? "runs as root" : "runs with group root",
                   "", NULL);
}

static int judge_value(const struct judge *j)
{
        const char *value = j->setting->value;
        bool reaches = true; /* REACH_ANY, REACH_ENVIRONMENT */

        if (j->row->condition == REACH_TRUE)
                reaches = text_to_boolean(value) > 0;
        else if (j->row->condition == REACH_EXCEPT)
                reaches = !is_excepted(j->row, value);
        else if (j->row->condition == REACH_STREAM)
                reaches = is_stream(value);
        else if (j->row->condition == REACH_PATH)
                reaches = !j->bounds || !unit_bounds_have_path(j->bounds, value);
        return reaches ? report(j, value, value) : 0;
}

static int judge_nothing(const struct judge *j)
{
        return 0;
}

static int (*const judges[])(const struct judge *j) = {
        [REACH_FREE] = judge_nothing,     [REACH_ANY] = judge_value,         [REACH_WORD] = judge_words,
        [REACH_FIRST] = judge_words,      [REACH_TRUE] = judge_value,        [REACH_EXCEPT] = judge_value,
        [REACH_STREAM] = judge_value,     [REACH_ADDS] = judge_list,         [REACH_GAINS] = judge_list,
        [REACH_COMMAND] = judge_commands, [REACH_PROGRAM] = judge_commands,  [REACH_USER] = judge_user,
        [REACH_UNIT] = judge_words,       [REACH_INSTALL] = judge_words,     [REACH_DIRECTORY] = judge_words,
        [REACH_PATH] = judge_value,       [REACH_ENVIRONMENT] = judge_value, [REACH_WRITE] = judge_words,
};

/* A name of a list between ",". */
static bool row_has_section(const struct row *row, const char *section)
{
        size_t n = strlen(section);
        const char *found = strstr(row->sections, section);

        return found && (found == row->sections || found[-1] == ',') && (!found[n] || found[n] == ',');
}

static const struct row *row_find(const char *section, const char *key)
{
        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (strcmp(rows[i].key, key) == 0 && row_has_section(rows + i, section))
                        return rows + i;
        return NULL;
}

bool unit_setting_is_known(const char *section, const char *key)
{
        return row_find(section, key) != NULL;
}

bool unit_allow_is_valid(const char *word)
{
        size_t n = strcspn(word, ":");

        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (rows[i].allow && strlen(rows[i].allow) == n && strncmp(rows[i].allow, word, n) == 0)
                        return word[n] == '\0' || word[n + 1] != '\0';
        return false;
}

/* Those that were told of before all others were known. */
static bool is_grave(const struct row *row)
{
        return row->condition == REACH_COMMAND || row->condition == REACH_PROGRAM ||
               (row->before && (!row->after || strcmp(row->after, "=") != 0));
}

static int reach_row(const struct unit_merged *m, const struct row *row, char ***l)
{
        static const char *const sections[] = {"Unit", "Service", "Socket", "Path"};

        for (size_t i = 0; i < ELEMENTSOF(sections); i++) {
                const struct unit_setting *s = NULL;

                if (!row_has_section(row, sections[i]))
                        continue;
                while ((s = unit_merged_next(m, sections[i], row->key, s))) {
                        const struct judge j = {m, NULL, row, s, l};

                        if (s->source == 0 && judges[row->condition](&j) < 0)
                                return -ENOMEM;
                }
        }
        return 0;
}

int unit_reach(const struct unit_merged *m, char ***ret)
{
        _cleanup_strv_ char **l = NULL;

        if (strv_copy(NULL, &l) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (is_grave(rows + i) && reach_row(m, rows + i, &l) < 0)
                        return -ENOMEM;
        *ret = steal_pointer(l);
        return 0;
}

/* A later text, the profile, has the last word. The settings of later ones stand at the end. */
static bool is_overridden(const struct unit_merged *m, const struct unit_setting *s)
{
        for (size_t i = m->n; i > 0 && m->items[i - 1].source > 0; i--)
                if (strcmp(m->items[i - 1].key, s->key) == 0 &&
                    strcmp(m->items[i - 1].section, s->section) == 0)
                        return true;
        return false;
}

/* What the manager is known to pass over is passed over, and nothing else. */
static bool is_judged(const struct unit_merged *m, const struct unit_setting *s)
{
        if (s->source != 0 || !*s->value || string_starts_with(s->section, "X-") ||
            string_starts_with(s->key, "X-"))
                return false;
        return s->counts || (unit_rule_find(s->section, s->key)->kind == RULE_LAST && !is_overridden(m, s));
}

/* The profile says something in the same list, which would be lost. */
static bool profile_shares(const struct unit_merged *m, const struct unit_setting *s)
{
        const struct unit_rule *rule = unit_rule_find(s->section, s->key);

        for (size_t i = 0; i < m->n; i++) {
                const struct unit_setting *other = m->items + i;

                if (other->source > 0 && other->counts && strcmp(other->section, s->section) == 0 &&
                    (strcmp(other->key, s->key) == 0 ||
                     (rule->group && unit_rule_find(other->section, other->key) &&
                      unit_rule_find(other->section, other->key)->group &&
                      strcmp(unit_rule_find(other->section, other->key)->group, rule->group) == 0)))
                        return true;
        }
        return false;
}

static bool can_reset(const struct judge *j)
{
        const struct row *row = j->row;

        if (!row->reset || (row->condition == REACH_ENVIRONMENT && j->setting->value[0] != '-'))
                return false;
        /* Without a user of its own it would be root's. */
        if (row->allow && (strcmp(row->allow, "user") == 0 || strcmp(row->allow, "group") == 0) &&
            !j->bounds->dynamic)
                return false;
        return !profile_shares(j->m, j->setting);
}

static int add_reset(const struct judge *j, char ***resets)
{
        _cleanup_free_ char *line = NULL;

        if (asprintf(&line, "\n[%s]\n%s=%s\n", j->setting->section, j->row->key, j->row->reset) < 0) {
                line = NULL;
                return -ENOMEM;
        }
        return strv_contains(*resets, line) ? 0 : strv_append(resets, line);
}

static int confine_setting(struct judge *j, char ***resets)
{
        size_t before = strv_length(*j->phrases);
        int r;

        j->row = row_find(j->setting->section, j->setting->key);
        if (!j->row)
                return add(j->phrases, "has a setting that is not known, '", j->setting->key, "'");
        r = judges[j->row->condition](j);
        if (r < 0 || strv_length(*j->phrases) == before || !can_reset(j))
                return r;
        return add_reset(j, resets);
}

int unit_confine(const struct unit_merged *m, const struct unit_bounds *bounds, char ***ret_phrases,
                 char **ret_resets)
{
        _cleanup_strv_ char **phrases = NULL, **resets = NULL;
        struct judge j = {m, bounds, NULL, NULL, &phrases};
        char *text;

        if (strv_copy(NULL, &phrases) < 0 || strv_copy(NULL, &resets) < 0)
                return -ENOMEM;
        if (m->n_texts > 0 && m->texts[0].n_faults > 0 &&
            add(&phrases, "has lines that mean nothing, or are not read", "", NULL) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < m->n && strv_length(phrases) < PHRASES_MAX; i++) {
                j.setting = m->items + i;
                if (is_judged(m, j.setting) && confine_setting(&j, &resets) < 0)
                        return -ENOMEM;
        }
        text = strv_join(resets, "");
        if (!text)
                return -ENOMEM;
        *ret_phrases = steal_pointer(phrases);
        *ret_resets = text;
        return 0;
}
