/* The command line of run: every option, its default, and the message for each kind of mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/alike.h"
#include "cli/control_client.h"
#include "cli/options.h"

#define WORDS_MAX 80

static struct run_options options;
static struct complaint complaint;

/* Reads a command line: words separated by single spaces; "" is an empty one. */
static enum arguments_result parse(const char *line)
{
    static char copy[4096], name[] = "run", empty[] = "";
    char *words[WORDS_MAX + 1] = {NULL};
    int count = 0;

    assert_true(strlen(line) < sizeof copy);
    memcpy(copy, line, strlen(line) + 1);
    char *rest = copy;
    words[count++] = name;
    for (char *word; (word = strsep(&rest, " ")) && count < WORDS_MAX;) {
        words[count++] = strcmp(word, "\"\"") == 0 ? empty : word;
    }
    memset(&complaint, 0, sizeof complaint);
    return arguments_read(&run_syntax, &options, count, words, &complaint);
}

static void right(const char *line)
{
    enum arguments_result result = parse(line);

    if (result != ARGUMENTS_OK) {
        fail_msg("'%s' was refused: %s", line, complaint.text);
    }
}

/* Wrong usage: one line that quotes `quoted` and says `expected`. */
static void wrong(const char *line, const char *quoted, const char *expected)
{
    if (parse(line) != ARGUMENTS_WRONG) {
        fail_msg("'%s' was taken", line);
    }
    if (!strstr(complaint.text, quoted) || !strstr(complaint.text, expected)) {
        fail_msg("'%s': neither '%s' nor '%s' may be missing in: %s", line, quoted, expected, complaint.text);
    }
    assert_null(strchr(complaint.text, '\n'));
}

static void defaults_are_those_of_the_help(void **state)
{
    (void)state;
    right("--port 8000");
    assert_int_equal(options.port.number, 8000);
    assert_int_equal(options.contact_count, 0);
    assert_string_equal(options.bind_host, "127.0.0.1");
    assert_string_equal(options.advertise, "");
    assert_null(options.coins_file);
    assert_string_equal(options.network_name, "");
    assert_string_equal(options.name, "");
    assert_int_equal(options.tags.bytes, 0);
    assert_int_equal(options.gossip_interval_ms, 3000);
    assert_int_equal(options.mutate_interval_ms, 8000);
    assert_int_equal(options.exchange, HC_EXCHANGE_LINKS);
    assert_int_equal(options.links, 3);
    assert_int_equal(options.fanout, 8);
    assert_int_equal(options.patience, 1);
    assert_null(options.data_dir);
    assert_false(options.ephemeral);
    assert_int_equal(options.output, OUTPUT_TABLE);
    assert_int_equal(options.color, COLOR_AUTO);
    assert_int_equal(options.log_level, LOG_LEVEL_WARN);
}

static void every_option_is_taken(void **state)
{
    (void)state;
    right(
        "-p 8001 -P 8000 --peer=Example.org:9000 --peer [::1]:9001 --bind ::1 --advertise example.org:80 --coins c.txt "
        "--network red --name alice --tag zone=eu --tag role=a=b --tag old= --gossip-interval 0.5 --mutate-interval 0 "
        "--exchange full --links 16 --fanout 3 --patience 10 --data-dir d --output json "
        "--color never --log-level debug");
    assert_int_equal(options.port.number, 8001);
    assert_int_equal(options.contact_count, 3);
    assert_string_equal(options.contacts[0], "127.0.0.1:8000");
    assert_string_equal(options.contacts[1], "example.org:9000");
    assert_string_equal(options.contacts[2], "[::1]:9001");
    assert_string_equal(options.bind_host, "::1");
    assert_string_equal(options.advertise, "example.org:80");
    assert_string_equal(options.coins_file, "c.txt");
    assert_string_equal(options.network_name, "red");
    assert_string_equal(options.name, "alice");
    assert_int_equal(options.tags.bytes, 25);
    assert_memory_equal(options.tags.packed, "\3old\0\0\4role\0\3a=b\4zone\0\2eu", 25);
    assert_int_equal(options.gossip_interval_ms, 500);
    assert_int_equal(options.mutate_interval_ms, 0);
    assert_int_equal(options.exchange, HC_EXCHANGE_FULL);
    assert_int_equal(options.links, 16);
    assert_int_equal(options.fanout, 3);
    assert_int_equal(options.patience, 10);
    assert_string_equal(options.data_dir, "d");
    assert_int_equal(options.output, OUTPUT_JSON);
    assert_int_equal(options.color, COLOR_NEVER);
    assert_int_equal(options.log_level, LOG_LEVEL_DEBUG);
}

static void the_tutorials_form(void **state)
{
    (void)state;
    right("8000");
    assert_int_equal(options.port.number, 8000);
    right("8001 8000");
    assert_int_equal(options.port.number, 8001);
    assert_string_equal(options.contacts[0], "127.0.0.1:8000");
    right("8001 8000 --ephemeral");
    assert_true(options.ephemeral);
    right("8000 --port 8000");
    wrong("8001 8000 7000", "'7000'", "expected PORT and PEER_PORT");
    wrong("8001 --port 8000", "8001", "given twice");
    wrong("dance", "'dance'", "expected a whole number from 0 to 65535");
    wrong("8001x", "'8001x'", "0 to 65535");
}

static void a_peer_is_an_address_and_counts_once(void **state)
{
    char line[2000] = "--port 1";

    (void)state;
    right("--port 1 --peer 8000 --peer 127.0.0.1:8000");
    assert_int_equal(options.contact_count, 1);
    wrong("--port 1 --peer host", "'host'", "expected PORT, HOST:PORT or [IPV6]:PORT");
    wrong("--port 1 --peer [::1", "'[::1'", "expected PORT");
    wrong("--port 1 --peer 0", "'0'", "expected PORT");
    wrong("--port 1 --peer \"\"", "''", "expected PORT");
    for (unsigned i = 0; i < 30; i++) {
        (void)snprintf(line + strlen(line), sizeof line - strlen(line), " -P %u", 1000 + i);
    }
    right(line);
    assert_int_equal(options.contact_count, 30);
}

static void numbers_are_strict(void **state)
{
    (void)state;
    right("--port 0");
    assert_true(options.port.given);
    right("--port 65535");
    static const char *const ports[] = {
        "65536", "-1", "+1", "8001x", "0x10", "1e3", "8.0", "\"\"", "99999999999999999999"};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        char line[100];
        (void)snprintf(line, sizeof line, "--port %s", ports[i]);
        wrong(line, strcmp(ports[i], "\"\"") == 0 ? "''" : ports[i], "expected a whole number from 0 to 65535");
    }
    static const char *const seconds[] = {"fast", "0",  "0.001", "-3", "nan", "inf",   "0x1",  "1e1",
                                          "1.",   ".5", "1.2.3", "3s", "1,5", "86401", "\"\"", "0.0105"};
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        char line[100];
        (void)snprintf(line, sizeof line, "--port 1 --gossip-interval %s", seconds[i]);
        wrong(line, strcmp(seconds[i], "\"\"") == 0 ? "''" : seconds[i], "expected seconds from 0.01 to 86400");
    }
    right("--port 1 --gossip-interval 0.01 --mutate-interval 2.5000");
    assert_int_equal(options.gossip_interval_ms, 10);
    assert_int_equal(options.mutate_interval_ms, 2500);
    right("--port 1 --gossip-interval 86400");
    assert_int_equal(options.gossip_interval_ms, 86400000);
    wrong("--port 1 --mutate-interval 0.001", "'0.001'", "or 0 for never");
    wrong("--port 1 --fanout many", "'many'", "expected 0 to 10000");
    wrong("--port 1 --fanout 10001", "'10001'", "expected 0 to 10000");
    wrong("--port 1 --exchange all", "'all'", "expected full or links");
    wrong("--port 1 --links 0", "'0'", "expected 1 to 16");
    wrong("--port 1 --links 17", "'17'", "expected 1 to 16");
    wrong("--port 1 --patience 0", "'0'", "expected 1 to 10");
    wrong("--port 1 --patience 11", "'11'", "expected 1 to 10");
}

static void mistakes_are_quoted(void **state)
{
    (void)state;
    wrong("--frobnicate", "'--frobnicate'", "no option");
    wrong("--port 1 -x", "'-x'", "no option");
    wrong("--port 1 --ephemeral=3", "'--ephemeral=3'", "no value");
    wrong("--port 1 --net=3 --n", "'--n'", "more than one option");
    wrong("--port", "--port", "needs a value");
    wrong("-p", "--port", "needs a value");
    wrong("--peer 8000", "--port PORT", "is required");
    wrong("--port 1 --output xml", "'xml'", "expected table, json or none");
    wrong("--port 1 --color pink", "'pink'", "expected auto, always or never");
    wrong("--port 1 --log-level loud", "'loud'", "expected error, warn, info or debug");
    wrong("--port 1 --name 123456789012345678901234567890123", "'1234", "up to 32 bytes");
    wrong("--port 1 --name a\tb", "'a?b'", "printable");
    wrong("--port 1 --coins \"\"", "''", "not a path");
    wrong("--port 1 --bind 127.0.0.1:80", "'127.0.0.1:80'", "without a port");
    wrong("--port 1 --advertise 8000", "'8000'", "expected HOST or HOST:PORT");
}

static void options_that_contradict_each_other(void **state)
{
    (void)state;
    wrong("--port 1 --ephemeral --data-dir here", "'here'", "expected one of them");
    wrong("--port 1 --port 2", "as '1' and as '2'", "given twice");
    wrong("--port 1 --name a --name b", "'b'", "given twice");
    right("--port 1 --name a --name a");
    wrong("--port 1 --bind 0.0.0.0", "0.0.0.0", "expected --advertise HOST");
    wrong("--port 1 --bind ::", "::", "expected --advertise HOST");
    wrong("--port 1 --bind 0.0.0.0 --advertise 0.0.0.0", "'0.0.0.0'", "cannot be reached");
    right("--port 1 --bind 0.0.0.0 --advertise 192.0.2.1");
    assert_string_equal(options.advertise, "192.0.2.1");
    right("--port 1 --bind [::] --advertise ::1");
    assert_string_equal(options.bind_host, "::");
    assert_string_equal(options.advertise, "[::1]");
}

static void help_and_version_come_before_mistakes(void **state)
{
    (void)state;
    assert_int_equal(parse("--help"), ARGUMENTS_HELP);
    assert_int_equal(parse("-h"), ARGUMENTS_HELP);
    assert_int_equal(parse("--port 8000 --help --frobnicate"), ARGUMENTS_HELP);
    right("--version");
    assert_true(options.version);
}

static void help_tells_of_every_option(void **state)
{
    static const char *const names[] = {
        "--port",     "--peer",     "--bind",      "--advertise", "--coins",           "--network",        "--name",
        "--fanout",   "--output",   "--color",     "--log-level", "--version",         "--exchange",       "--links",
        "--patience", "--data-dir", "--ephemeral", "--help",      "--gossip-interval", "--mutate-interval"};
    struct textbuf buf = {0};

    (void)state;
    arguments_help(&buf, &run_syntax);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_non_null(strstr(buf.text, names[i]));
    }
    for (char *line = buf.text, *end; (end = strchr(line, '\n')); line = end + 1) {
        assert_true(end - line <= 80);
    }
    textbuf_free(&buf);
}

static void tags_have_a_key_and_a_value(void **state)
{
    char line[1200];

    (void)state;
    right("--port 1 --tag a=1 --tag a=1 --tag b=");
    wrong("--port 1 --tag role", "'role'", "expected KEY=VALUE, or KEY=");
    wrong("--port 1 --tag =db", "'=db'", "expected KEY=VALUE, or KEY=");
    wrong("--port 1 --tag a=1 --tag a=2", "'a=2'", "given twice");
    wrong("--port 1 --tag a=1 --tag a=", "'a='", "given twice");
    wrong("--port 1 --tag 123456789012345678901234567890123=x", "'1234", "up to 32 bytes");
    wrong("--port 1 --tag a=\x1b[2J", "'a=", "printable UTF-8");
    wrong("--port 1 --tag a=\xff", "'a=", "printable UTF-8");
    (void)snprintf(line, sizeof line, "--port 1 --tag a=%0*d", (int)HC_TAGS_BYTES_MAX - 1, 0);
    right(line);
    (void)snprintf(line, sizeof line, "--port 1 --tag a=%0*d --tag b=", (int)HC_TAGS_BYTES_MAX - 1, 0);
    wrong(line, "'b='", "up to 1024 bytes");
}

/* By its port, as an option or as an operand, or by its directory. */
static void a_target_is_said_once(void **state)
{
    static const struct argument_option target_options[] = {TARGET_OPTIONS(struct client_options), {0}};
    struct client_options client = {0};
    struct control_target *target = &client.target;

    (void)state;
    assert_false(target_check(target, &complaint));
    assert_true(take_port(&target_options[0], &target->port, "8000", &complaint));
    assert_true(target_check(target, &complaint));
    assert_false(target_operand(target, "8001", &complaint));
    assert_false(take_port(&target_options[0], &target->port, "0", &complaint));
    *target = (struct control_target){0};
    assert_true(target_operand(target, "8000", &complaint));
    assert_true(take_path(&target_options[1], &target->data_dir, "d", &complaint));
    assert_false(target_check(target, &complaint));
}

/* An unknown word is reported with the known one that it resembles. */
static void slips_of_the_finger_are_understood(void **state)
{
    (void)state;
    assert_true(alike("statsu", 6, "status"));
    assert_true(alike("histroy", 7, "history"));
    assert_true(alike("wacth", 5, "watch"));
    assert_true(alike("leav", 4, "leave"));
    assert_true(alike("simulates", 9, "simulate"));
    assert_true(alike("prot=80", 4, "port"));
    assert_false(alike("dance", 5, "status"));
    assert_false(alike("go", 2, "id"));
    assert_false(alike("", 0, "id"));
    assert_false(alike("a-word-that-is-longer-than-any-option-could-be", 46, "port"));
    wrong("--prot 80", "'--prot'", "did you mean --port?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_help),
        cmocka_unit_test(every_option_is_taken),
        cmocka_unit_test(the_tutorials_form),
        cmocka_unit_test(a_peer_is_an_address_and_counts_once),
        cmocka_unit_test(numbers_are_strict),
        cmocka_unit_test(mistakes_are_quoted),
        cmocka_unit_test(options_that_contradict_each_other),
        cmocka_unit_test(help_and_version_come_before_mistakes),
        cmocka_unit_test(help_tells_of_every_option),
        cmocka_unit_test(tags_have_a_key_and_a_value),
        cmocka_unit_test(a_target_is_said_once),
        cmocka_unit_test(slips_of_the_finger_are_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
