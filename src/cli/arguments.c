#include "cli/arguments.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OPTIONS_MAX 32
#define KEY_HELP 'h'
/* The column at which the words of --help begin. */
#define HELP_COLUMN 30

static const struct argument_option help_option = {"help", KEY_HELP, NULL, true, "show this help and exit"};

bool complain(struct complaint *complaint, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    (void)vsnprintf(complaint->text, sizeof complaint->text, format, list);
    va_end(list);
    for (char *c = complaint->text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            *c = '?';
        }
    }
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
    for (; options->name != NULL && reader->count < OPTIONS_MAX - 1; options++) {
        reader->list[reader->count++] = options;
    }
    reader->list[reader->count++] = &help_option;
    /* '-': operands come in their place, as the option 1; ':': a missing value is told apart. */
    reader->shorts[at++] = '-';
    reader->shorts[at++] = ':';
    for (size_t i = 0; i < reader->count; i++) {
        const struct argument_option *option = reader->list[i];
        int has = option->value != NULL ? required_argument : no_argument;
        reader->longs[i] = (struct option){option->name, has, NULL, option->key};
        if (option->key > 255) {
            continue;
        }
        reader->shorts[at++] = (char)option->key;
        if (option->value != NULL) {
            reader->shorts[at++] = ':';
        }
    }
}

static const struct argument_option *reader_find(const struct reader *reader, int key, size_t *index)
{
    for (size_t i = 0; i < reader->count; i++) {
        if (reader->list[i]->key == key) {
            *index = i;
            return reader->list[i];
        }
    }
    return NULL;
}

/* `word` is what getopt_long stumbled over; it does not say why. */
static bool complain_unknown(const struct reader *reader, const char *word, struct complaint *complaint)
{
    size_t index;

    if (word[0] == '-' && word[1] == '-') {
        size_t name = strcspn(word + 2, "=");
        const char *alike[2] = {NULL, NULL};
        for (size_t i = 0; i < reader->count; i++) {
            if (strncmp(reader->list[i]->name, word + 2, name) == 0) {
                alike[alike[0] != NULL] = reader->list[i]->name;
            }
        }
        if (alike[1] != NULL) {
            return complain(complaint, "'%.100s' is short for more than one option, --%s and --%s among them", word,
                            alike[0], alike[1]);
        }
        if (alike[0] != NULL) {
            return complain(complaint, "--%s takes no value, but has one in '%.100s'", alike[0], word);
        }
        return complain(complaint, "there is no option '%.100s'", word);
    }
    if (optopt > ' ' && optopt < 0x7f && reader_find(reader, optopt, &index) == NULL) {
        return complain(complaint, "there is no option '-%c'", optopt);
    }
    return complain(complaint, "there is no option '%.100s'", word);
}

static bool note(struct reader *reader, size_t index, const char *value, struct complaint *complaint)
{
    const struct argument_option *option = reader->list[index];
    const char *text = value != NULL ? value : "";

    if (!option->repeatable && reader->seen[index] != NULL && strcmp(reader->seen[index], text) != 0) {
        return complain(complaint, "--%s is given twice, as '%.100s' and as '%.100s'", option->name,
                        reader->seen[index], text);
    }
    reader->seen[index] = text;
    return true;
}

enum arguments_result arguments_read(const struct argument_syntax *syntax, void *context, int argc, char **argv,
                                     struct complaint *complaint)
{
    struct reader reader;
    size_t index;

    reader_init(&reader, syntax->options);
    opterr = 0;
    optind = 0; /* glibc: begin anew, also after another argv */
    for (;;) {
        int before = optind > 0 ? optind : 1;
        int key = getopt_long(argc, argv, reader.shorts, reader.longs, NULL);
        if (key == -1) {
            break;
        }
        if (key == KEY_HELP) {
            return ARGUMENTS_HELP;
        }
        if (key == '?') {
            (void)complain_unknown(&reader, argv[before < argc ? before : argc - 1], complaint);
            return ARGUMENTS_WRONG;
        }
        if (key == ':') {
            const struct argument_option *option = reader_find(&reader, optopt, &index);
            (void)complain(complaint, "--%s needs a value: --%s %s", option->name, option->name, option->value);
            return ARGUMENTS_WRONG;
        }
        if (key == 1) {
            key = 0;
        } else if (reader_find(&reader, key, &index) != NULL && !note(&reader, index, optarg, complaint)) {
            return ARGUMENTS_WRONG;
        }
        if (!syntax->take(context, key, optarg, complaint)) {
            return ARGUMENTS_WRONG;
        }
    }
    for (; optind < argc; optind++) { /* what follows "--" */
        if (!syntax->take(context, 0, argv[optind], complaint)) {
            return ARGUMENTS_WRONG;
        }
    }
    return ARGUMENTS_OK;
}

/* ---- help ---- */

static void help_option_add(struct textbuf *buf, const struct argument_option *option)
{
    size_t start = buf->bytes;

    if (option->key <= 255) {
        textbuf_printf(buf, "  -%c, --%s", option->key, option->name);
    } else {
        textbuf_printf(buf, "      --%s", option->name);
    }
    if (option->value != NULL) {
        textbuf_printf(buf, " %s", option->value);
    }
    size_t column = buf->bytes - start;
    if (column + 2 > HELP_COLUMN) {
        textbuf_puts(buf, "\n");
        column = 0;
    }
    for (const char *line = option->help; line != NULL;) {
        const char *end = strchr(line, '\n');
        textbuf_repeat(buf, ' ', HELP_COLUMN - column);
        textbuf_add(buf, line, end != NULL ? (size_t)(end - line) : strlen(line));
        textbuf_puts(buf, "\n");
        column = 0;
        line = end != NULL ? end + 1 : NULL;
    }
}

void arguments_help_options(struct textbuf *buf, const struct argument_syntax *syntax)
{
    for (const struct argument_option *option = syntax->options; option->name != NULL; option++) {
        help_option_add(buf, option);
    }
    help_option_add(buf, &help_option);
}

void arguments_help(struct textbuf *buf, const struct argument_syntax *syntax)
{
    textbuf_printf(buf, "usage: %s\n\n%s\n\noptions:\n", syntax->usage, syntax->summary);
    arguments_help_options(buf, syntax);
}

/* ---- values ---- */

bool argument_whole(uint64_t *number, const char *text, uint64_t max)
{
    uint64_t value = 0;

    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(*text - '0');
        if (digit > max || value > (max - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *number = value;
    return true;
}

bool argument_decimal(uint64_t *number, const char *text, unsigned places, uint64_t max)
{
    uint64_t value, place = 1;
    const char *point = strchr(text, '.');
    size_t digits = point != NULL ? (size_t)(point - text) : strlen(text);
    char whole[24];

    for (unsigned i = 0; i < places; i++) {
        place *= 10;
    }
    if (digits == 0 || digits >= sizeof whole) {
        return false;
    }
    memcpy(whole, text, digits);
    whole[digits] = '\0';
    if (!argument_whole(&value, whole, max / place)) {
        return false;
    }
    value *= place;
    if (point != NULL && point[1] == '\0') {
        return false;
    }
    for (const char *c = point != NULL ? point + 1 : ""; *c != '\0'; c++) {
        place /= 10;
        if (*c < '0' || *c > '9' || (place == 0 && *c != '0')) {
            return false;
        }
        value += place * (uint64_t)(*c - '0');
    }
    if (value > max) {
        return false;
    }
    *number = value;
    return true;
}

bool argument_seconds(uint32_t *ms, const char *text, uint32_t max_ms)
{
    uint64_t number;

    if (!argument_decimal(&number, text, 3, max_ms)) {
        return false;
    }
    *ms = (uint32_t)number;
    return true;
}

bool argument_port(uint16_t *port, const char *text, const char *what, struct complaint *complaint)
{
    uint64_t number;

    if (!argument_whole(&number, text, UINT16_MAX)) {
        return complain(complaint, "%s '%.100s' is not a port: expected a whole number from 0 to 65535", what, text);
    }
    *port = (uint16_t)number;
    return true;
}

/* Whether these changes have the key, and what they make of it. */
static bool find_tag(struct hc_tag *tag, const struct hc_tags *changes, const char *key, size_t key_bytes)
{
    const uint8_t *at = changes->packed, *end = at + changes->bytes;

    while (hc_tags_next(tag, &at, end)) {
        if (tag->key_bytes == key_bytes && memcmp(tag->key, key, key_bytes) == 0) {
            return true;
        }
    }
    return false;
}

bool argument_tag(struct hc_tags *changes, const char *text, struct complaint *complaint)
{
    const char *equals = strchr(text, '=');
    struct hc_tag before;
    struct hc_fault fault;

    if (equals == NULL || equals == text) {
        return complain(complaint, "tag '%.100s' has no key and value: expected KEY=VALUE, or KEY= to take it away",
                        text);
    }
    const struct hc_tag tag = {
        .key = text, .key_bytes = (size_t)(equals - text), .value = equals + 1, .value_bytes = strlen(equals + 1)};
    if (find_tag(&before, changes, tag.key, tag.key_bytes)) {
        return (before.value_bytes == tag.value_bytes && memcmp(before.value, tag.value, tag.value_bytes) == 0) ||
               complain(complaint, "tag '%.100s' is given twice, with different values", text);
    }
    if (tag.key_bytes > HC_TAG_KEY_BYTES_MAX) {
        return complain(complaint, "tag '%.100s' has a key that is too long: expected up to %u bytes", text,
                        HC_TAG_KEY_BYTES_MAX);
    }
    if (hc_tags_add(changes, &tag, &fault) != HC_OK) {
        return complain(complaint,
                        "tag '%.100s' is not taken: expected printable UTF-8, and up to %u bytes of tags in all", text,
                        HC_TAGS_BYTES_MAX);
    }
    return true;
}
