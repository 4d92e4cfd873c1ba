/* The optimal string alignment distance: letters left out, added or replaced, and neighbours swapped. */
#include "cli/alike.h"

#include <stdint.h>
#include <string.h>

/* Longer words are like no other. */
#define CHARS_MAX 31
#define SLIPS_MAX 2

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

bool alike(const char *typed, size_t chars, const char *known)
{
    unsigned slips[CHARS_MAX + 1][CHARS_MAX + 1]; /* between the first i letters of one and the first j of the other */
    size_t known_chars = strlen(known);

    if (chars > CHARS_MAX || known_chars > CHARS_MAX) {
        return false;
    }
    for (size_t i = 0; i <= chars; i++) {
        for (size_t j = 0; j <= known_chars; j++) {
            if (i == 0 || j == 0) {
                slips[i][j] = (unsigned)(i + j);
                continue;
            }
            unsigned replaced = slips[i - 1][j - 1] + (typed[i - 1] != known[j - 1]);
            slips[i][j] = least(replaced, 1 + least(slips[i - 1][j], slips[i][j - 1]));
            if (i > 1 && j > 1 && typed[i - 1] == known[j - 2] && typed[i - 2] == known[j - 1]) {
                slips[i][j] = least(slips[i][j], 1 + slips[i - 2][j - 2]);
            }
        }
    }
    /* Of a short word two letters are too much: every two-letter word would be like "id". */
    return slips[chars][known_chars] <= SLIPS_MAX && slips[chars][known_chars] * 2 < known_chars;
}
