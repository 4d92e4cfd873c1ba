/* The arguments of one subcommand: a table of its options, from which both parsing and --help are made, so that no
 * option can be without its line of help. Nothing is printed here. */
#ifndef HOWCOIN_CLI_ARGUMENTS_H
#define HOWCOIN_CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/textbuf.h"
#include "core/tags.h"

/* What is wrong with the command line, in one line for people. */
struct complaint {
    char text[512];
};
/* Writes the words and returns false. Control bytes become '?': what is quoted may hold anything. */
bool complain(struct complaint *complaint, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One option. An array of them ends with a zeroed one. Every command has --help, and needs none in its array. */
struct argument_option {
    const char *name;  /* long form, without dashes */
    int key;           /* the letter of its short form, or a number above 255 if it has none */
    const char *value; /* what follows it, for --help; NULL: nothing */
    bool repeatable;   /* others may be given once, or again with the same value */
    const char *help;  /* what it does and its default; each further line after a '\n' */
};

struct argument_syntax {
    const char *usage;   /* for --help: what can follow the program's name; lines */
    const char *summary; /* for --help: what the command does; lines */
    const struct argument_option *options;
    /* Takes one option, or one operand (key 0). False: wrong, and the complaint is written. */
    bool (*take)(void *context, int key, const char *value, struct complaint *complaint);
};

enum arguments_result { ARGUMENTS_OK, ARGUMENTS_HELP, ARGUMENTS_WRONG };

/* Reads argv[1] to argv[argc - 1]; argv may be permuted. */
enum arguments_result arguments_read(const struct argument_syntax *syntax, void *context, int argc, char **argv,
                                     struct complaint *complaint);
/* The lines of its --help: the options alone, or all. */
void arguments_help_options(struct textbuf *buf, const struct argument_syntax *syntax);
void arguments_help(struct textbuf *buf, const struct argument_syntax *syntax);

/* Strict numbers: digits, for seconds also a point and decimals; nothing before, nothing after. */
bool argument_whole(uint64_t *number, const char *text, uint64_t max);
/* With a point and decimals, as a whole number of 10^-places; more decimals than that are taken if they are zeros. */
bool argument_decimal(uint64_t *number, const char *text, unsigned places, uint64_t max);
/* Seconds as milliseconds. */
bool argument_seconds(uint32_t *ms, const char *text, uint32_t max_ms);
/* A port from 0 to 65535; complains in the name of `what`. */
bool argument_port(uint16_t *port, const char *text, const char *what, struct complaint *complaint);
/* KEY=VALUE, or KEY= to take a tag away, as one more change. The same change may be given twice. */
bool argument_tag(struct hc_tags *changes, const char *text, struct complaint *complaint);

#endif
