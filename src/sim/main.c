/* howcoin-sim: storms, one seed after the other. Prints how to repeat the first that fails. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/rows/identity.h"
#include "sim/storm.h"

#define TRACE_LINES 40

static int usage(void)
{
    fprintf(stderr, "usage: howcoin-sim [--jobs N] FROM:TO   storms with these seeds\n"
                    "       howcoin-sim --trace SEED        one storm, and all that happens in it\n");
    return 2;
}

/* The last lines of a trace. */
static void trace_print(FILE *trace)
{
    char *lines[TRACE_LINES] = {0}, *line = NULL;
    size_t size = 0, count = 0;
    rewind(trace);
    for (; getline(&line, &size, trace) > 0; count++) {
        free(lines[count % TRACE_LINES]);
        lines[count % TRACE_LINES] = strdup(line);
    }
    free(line);
    printf("the last of %zu lines:\n", count);
    for (size_t i = count > TRACE_LINES ? count - TRACE_LINES : 0; i < count; i++) {
        fputs(lines[i % TRACE_LINES], stdout);
    }
    for (size_t i = 0; i < TRACE_LINES; i++) {
        free(lines[i]);
    }
}

static void failure_print(const char *program, uint64_t seed, const struct storm_result *result)
{
    printf("seed %" PRIu64 " failed: %s\n", seed, result->wrong);
    struct storm_result again;
    FILE *trace = tmpfile();
    if (trace) {
        storm_run(&again, seed, trace);
        trace_print(trace);
        fclose(trace);
    }
    printf("repeat it with: %s --trace %" PRIu64 "\n", program, seed);
    fflush(stdout);
}

static void faults_print(const uint64_t faults[static FAULT_COUNT])
{
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        printf("%s%" PRIu64 " %s", fault > 0 ? ", " : "", faults[fault], storm_fault_name((enum storm_fault)fault));
    }
    printf("\n");
}

/* Every `jobs`-th seed from `from` on. */
static int storms_run(const char *program, uint64_t from, uint64_t to, uint64_t jobs)
{
    uint64_t steps = 0, count = 0, faults[FAULT_COUNT] = {0};
    unsigned longest = 0, longest_join = 0;
    for (uint64_t seed = from; seed <= to; seed += jobs) {
        struct storm_result result;
        storm_run(&result, seed, NULL);
        steps += result.steps;
        count++;
        longest = result.heal_rounds > longest ? result.heal_rounds : longest;
        longest_join = result.join_rounds > longest_join ? result.join_rounds : longest_join;
        for (int fault = 0; fault < FAULT_COUNT; fault++) {
            faults[fault] += result.faults[fault];
        }
        if (!result.ok) {
            failure_print(program, seed, &result);
            return 1;
        }
    }
    printf("%" PRIu64 " storms, %" PRIu64 " steps, healed within %u rounds, newcomers within %u\n", count, steps,
           longest, longest_join);
    faults_print(faults);
    return 0;
}

static int storms_share(const char *program, uint64_t from, uint64_t to, uint64_t jobs)
{
    pid_t children[64];
    int status, failed = 0;
    for (uint64_t job = 0; job < jobs; job++) {
        fflush(stdout);
        children[job] = fork();
        if (children[job] == 0) {
            int code = storms_run(program, from + job, to, jobs);
            fflush(stdout);
            _exit(code);
        }
    }
    for (uint64_t job = 0; job < jobs; job++) {
        failed |= children[job] < 0 || waitpid(children[job], &status, 0) < 0 || status != 0;
    }
    return failed;
}

/* A whole number at `text`, up to the character `end`; moves behind it. */
static bool number_take(const char **text, char end, uint64_t *number)
{
    char *rest;
    errno = 0;
    if (!isdigit((unsigned char)**text)) {
        return false;
    }
    *number = strtoull(*text, &rest, 10);
    bool ok = errno == 0 && *rest == end;
    *text = rest + (*rest != '\0');
    return ok;
}

static bool number_read(const char *text, uint64_t *number)
{
    return number_take(&text, '\0', number);
}

int main(int argc, char **argv)
{
    uint64_t from, to, jobs = 1;
    if (hc_init() != HC_OK) {
        return 1;
    }
    if (argc == 3 && strcmp(argv[1], "--trace") == 0 && number_read(argv[2], &from)) {
        struct storm_result result;
        storm_run(&result, from, stdout);
        printf("%s\n", result.ok ? "all is well" : result.wrong);
        return !result.ok;
    }
    int at = 1;
    if (argc == 4 && strcmp(argv[1], "--jobs") == 0 && number_read(argv[2], &jobs)) {
        at = 3;
    }
    if (argc != at + 1 || jobs < 1 || jobs > 64) {
        return usage();
    }
    const char *range = argv[at];
    if (!number_take(&range, ':', &from) || !number_take(&range, '\0', &to) || from > to) {
        return usage();
    }
    return jobs == 1 ? storms_run(argv[0], from, to, 1) : storms_share(argv[0], from, to, jobs);
}
