/* Reading a command line by a table of options, with getopt_long, and showing the table as --help. */
#include "cli/arguments.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/alike.h"
#include "core/common/error.h"
#include "core/common/utf8.h"

/* Options of one command, --help and the end of the list included. */
#define OPTIONS_MAX 32
/* What getopt_long returns for the option at place 0; beyond every letter. */
#define KEY_FIRST 256
/* What getopt_long returns for an operand, by the leading '-' of the short options. */
#define KEY_OPERAND 1
/* The columns of --help: where explanations begin, and where lines end. */
#define HELP_COLUMN 30
#define HELP_WIDTH 80

static const struct argument_option help_option = {
    .name = "help", .letter = 'h', .repeatable = true, .help = "show this help and exit"};

bool complain(struct complaint *complaint, const char *format, ...)
{
    va_list list;

    ASSERT(complaint && format);
    va_start(list, format);
    (void)vsnprintf(complaint->text, sizeof complaint->text, format, list);
    va_end(list);
    utf8_clean(complaint->text);
    return false;
}

/* ---- reading ---- */

struct reader {
    const struct argument_option *list[OPTIONS_MAX]; /* the command's options and --help */
    const char *seen[OPTIONS_MAX];                   /* the value that was given; "" for an option without */
    size_t count;
    struct option longs[OPTIONS_MAX + 1];
    char shorts[2 * OPTIONS_MAX + 3];
};

static void reader_init(struct reader *reader, const struct argument_option *options)
{
    size_t at = 0;

    *reader = (struct reader){0};
    for (; options->name; options++) {
        ASSERT(reader->count < OPTIONS_MAX - 1);
        ASSERT(options->take && options->help);
        reader->list[reader->count++] = options;
    }
    reader->list[reader->count++] = &help_option;
    /* '-': operands come in their place, as KEY_OPERAND; ':': a missing value is told apart. */
    reader->shorts[at++] = '-';
    reader->shorts[at++] = ':';
    for (size_t i = 0; i < reader->count; i++) {
        const struct argument_option *option = reader->list[i];
        int has = option->value ? required_argument : no_argument;
        reader->longs[i] = (struct option){option->name, has, NULL, KEY_FIRST + (int)i};
        if (option->letter == '\0') {
            continue;
        }
        reader->shorts[at++] = option->letter;
        if (option->value) {
            reader->shorts[at++] = ':';
        }
    }
    ASSERT(at < sizeof reader->shorts);
}

/* The place of the option that getopt_long means by `key`; the count if there is none. */
static size_t reader_find(const struct reader *reader, int key)
{
    if (key >= KEY_FIRST) {
        ASSERT((size_t)(key - KEY_FIRST) < reader->count);
        return (size_t)(key - KEY_FIRST);
    }
    size_t i = 0;
    while (i < reader->count && (key == '\0' || reader->list[i]->letter != key)) {
        i++;
    }
    return i;
}

/* A word with two dashes: short for several options, or with a value that its option does not take, or unknown. */
static bool complain_long(const struct reader *reader, const char *word, struct complaint *complaint)
{
    const char *starts[2] = {NULL, NULL}, *meant = NULL;
    size_t chars = strcspn(word + 2, "=");

    for (size_t i = 0; i < reader->count; i++) {
        const char *name = reader->list[i]->name;
        if (strncmp(name, word + 2, chars) == 0) {
            starts[starts[0] ? 1 : 0] = name;
        }
        meant = !meant && alike(word + 2, chars, name) ? name : meant;
    }
    if (starts[1]) {
        return complain(complaint, "'%.100s' is short for more than one option: --%s, --%s", word, starts[0],
                        starts[1]);
    }
    if (starts[0]) {
        return complain(complaint, "--%s takes no value, but '%.100s' gives it one", starts[0], word);
    }
    if (meant) {
        return complain(complaint, "there is no option '%.100s' (did you mean --%s?)", word, meant);
    }
    return complain(complaint, "there is no option '%.100s'", word);
}

/* `word` is what getopt_long stumbled over; it does not say why. */
static bool complain_unknown(const struct reader *reader, const char *word, struct complaint *complaint)
{
    if (word[0] == '-' && word[1] == '-') {
        return complain_long(reader, word, complaint);
    }
    if (optopt > ' ' && optopt < 0x7f && reader_find(reader, optopt) == reader->count) {
        return complain(complaint, "there is no option '-%c'", optopt);
    }
    return complain(complaint, "there is no option '%.100s'", word);
}

/* Takes down that the option was given. False: it was given before, with another value. */
static bool note(struct reader *reader, size_t index, const char *text, struct complaint *complaint)
{
    const struct argument_option *option = reader->list[index];
    const char *before = reader->seen[index];

    if (!option->repeatable && before && strcmp(before, text) != 0) {
        return complain(complaint, "--%s is given twice, as '%.100s' and as '%.100s'", option->name, before, text);
    }
    reader->seen[index] = text;
    return true;
}

static bool take_option(struct reader *reader, size_t index, void *options, struct complaint *complaint)
{
    const struct argument_option *option = reader->list[index];
    const char *text = optarg ? optarg : "";

    return note(reader, index, text, complaint) &&
           option->take(option, (char *)options + option->offset, text, complaint);
}

static bool take_operand(const struct argument_syntax *syntax, void *options, const char *text,
                         struct complaint *complaint)
{
    if (!syntax->operand) {
        return complain(complaint, "'%.100s' is one argument too many: only options are expected", text);
    }
    return syntax->operand(options, text, complaint);
}

/* Reads all options and operands. */
static enum arguments_result read_all(struct reader *reader, const struct argument_syntax *syntax, void *options,
                                      int argc, char **argv, struct complaint *complaint)
{
    opterr = 0;
    optind = 0; /* glibc: begin anew, also after another argv */
    for (;;) {
        int before = optind > 0 ? optind : 1;
        int key = getopt_long(argc, argv, reader->shorts, reader->longs, NULL);
        bool good;
        if (key == -1) {
            break;
        }
        if (key == '?') {
            good = complain_unknown(reader, argv[before < argc ? before : argc - 1], complaint);
        } else if (key == ':') {
            size_t index = reader_find(reader, optopt);
            ASSERT(index < reader->count);
            const struct argument_option *option = reader->list[index];
            good = complain(complaint, "--%s needs a value: --%s %s", option->name, option->name, option->value);
        } else if (key == KEY_OPERAND) {
            good = take_operand(syntax, options, optarg, complaint);
        } else {
            size_t index = reader_find(reader, key);
            ASSERT(index < reader->count);
            if (reader->list[index] == &help_option) {
                return ARGUMENTS_HELP;
            }
            good = take_option(reader, index, options, complaint);
        }
        if (!good) {
            return ARGUMENTS_WRONG;
        }
    }
    for (; optind < argc; optind++) { /* what follows "--" */
        if (!take_operand(syntax, options, argv[optind], complaint)) {
            return ARGUMENTS_WRONG;
        }
    }
    return ARGUMENTS_OK;
}

enum arguments_result arguments_read(const struct argument_syntax *syntax, void *options, int argc, char **argv,
                                     struct complaint *complaint)
{
    struct reader reader;

    ASSERT(argc >= 1 && syntax->options_bytes > 0);
    if (syntax->defaults) {
        memcpy(options, syntax->defaults, syntax->options_bytes);
    } else {
        memset(options, 0, syntax->options_bytes);
    }
    reader_init(&reader, syntax->options);
    enum arguments_result result = read_all(&reader, syntax, options, argc, argv, complaint);
    if (result == ARGUMENTS_OK && syntax->check && !syntax->check(options, complaint)) {
        result = ARGUMENTS_WRONG;
    }
    return result;
}

/* ---- help ---- */

/* Adds the text and the end of its line, in lines of at most HELP_WIDTH columns, each of them but the first
 * indented. A '\n' in the text ends a line. */
static void add_wrapped(struct textbuf *buf, const char *text, size_t indent)
{
    ASSERT(indent < HELP_WIDTH);
    for (;;) {
        size_t room = HELP_WIDTH - indent, chars = strcspn(text, "\n");
        if (chars > room) {
            chars = room;
            while (chars > 0 && text[chars] != ' ') {
                chars--;
            }
            ASSERT(chars > 0); /* no word is longer than a line */
        }
        textbuf_add(buf, text, chars);
        textbuf_puts(buf, "\n");
        text += chars;
        if (*text == '\0') {
            return;
        }
        text++; /* the space or the '\n' */
        textbuf_repeat(buf, ' ', *text == '\n' ? 0 : indent);
    }
}

static void add_option(struct textbuf *buf, const struct argument_option *option)
{
    size_t start = buf->bytes;

    if (option->letter != '\0') {
        textbuf_printf(buf, "  -%c, --%s", option->letter, option->name);
    } else {
        textbuf_printf(buf, "      --%s", option->name);
    }
    if (option->value) {
        textbuf_printf(buf, " %s", option->value);
    }
    size_t column = buf->bytes - start;
    if (column + 2 > HELP_COLUMN) {
        textbuf_puts(buf, "\n");
        column = 0;
    }
    textbuf_repeat(buf, ' ', HELP_COLUMN - column);
    add_wrapped(buf, option->help, HELP_COLUMN);
}

void arguments_help_options(struct textbuf *buf, const struct argument_syntax *syntax)
{
    for (const struct argument_option *option = syntax->options; option->name; option++) {
        add_option(buf, option);
    }
    add_option(buf, &help_option);
}

void arguments_help(struct textbuf *buf, const struct argument_syntax *syntax)
{
    textbuf_printf(buf, "usage: %s\n\n", syntax->usage);
    add_wrapped(buf, syntax->description, 0);
    textbuf_puts(buf, "\noptions:\n");
    arguments_help_options(buf, syntax);
}
