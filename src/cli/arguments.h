/* The arguments of one subcommand. Everything about an option stands in one line of a table: what it is called,
 * what --help says of it, how its value is read, and which field of the subcommand's options it sets. Parsing and
 * --help are both made from that table, so they cannot disagree. Nothing is printed here. values.h has the kinds of
 * values. */
#ifndef HOWCOIN_CLI_ARGUMENTS_H
#define HOWCOIN_CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/textbuf.h"

/* What is wrong, in one line for people. */
struct complaint {
    char text[512];
};
/* Writes the words and returns false. Control bytes, and what is not UTF-8, become '?': what is quoted may be
 * anything. */
bool complain(struct complaint *complaint, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One option. An array of them ends with a zeroed one. Every command has --help, and needs none in its array. */
struct argument_option {
    const char *name;  /* long form, without dashes */
    char letter;       /* short form; 0: none */
    bool repeatable;   /* others may be given once, or again with the same value */
    const char *value; /* placeholder for --help; NULL: the option takes no value */
    const char *help;  /* what it does, and its default; wrapped when it is shown */
    /* Sets the field from the value ("" without one). False: it is wrong, and the complaint says so. */
    bool (*take)(const struct argument_option *option, void *field, const char *text, struct complaint *complaint);
    size_t offset; /* of the field in the subcommand's options */
    /* For `take`; each kind of value says in values.h which of these it uses. */
    const char *kind; /* what the value is, with an article: "a number of nodes" */
    uint64_t min, max;
    const char *zero;         /* what 0 means, though it is below `min`; NULL: 0 is like any other number */
    const char *const *words; /* that may be chosen from; ends with NULL */
};

struct argument_syntax {
    const char *usage;       /* what can follow "usage: "; lines */
    const char *description; /* what the command does; wrapped when it is shown */
    const struct argument_option *options;
    size_t options_bytes; /* of the struct that the options set */
    const void *defaults; /* that struct as it is without any option; NULL: zeroed */
    /* Takes one operand; NULL: the command takes none. */
    bool (*operand)(void *options, const char *text, struct complaint *complaint);
    /* After all is read: whether it makes sense together. NULL: it always does. */
    bool (*check)(const void *options, struct complaint *complaint);
};

enum arguments_result { ARGUMENTS_OK, ARGUMENTS_HELP, ARGUMENTS_WRONG };

/* Reads argv[1] to argv[argc - 1] into `options`, a struct of syntax->options_bytes; strings in it stay in argv,
 * which may be permuted. ARGUMENTS_WRONG: the complaint quotes what is wrong and says what is expected. */
enum arguments_result arguments_read(const struct argument_syntax *syntax, void *options, int argc, char **argv,
                                     struct complaint *complaint);

/* --help: the options alone, or all. */
void arguments_help_options(struct textbuf *buf, const struct argument_syntax *syntax);
void arguments_help(struct textbuf *buf, const struct argument_syntax *syntax);

#endif
