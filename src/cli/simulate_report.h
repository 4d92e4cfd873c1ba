/* What `simulate` prints when it is done. */
#ifndef HOWCOIN_CLI_SIMULATE_REPORT_H
#define HOWCOIN_CLI_SIMULATE_REPORT_H

#include "cli/textbuf.h"
#include "sim/measure.h"

/* One object on one line; docs/SIMULATOR.md has its keys. */
void report_json(struct textbuf *buf, const struct measure_config *config, const struct measured *measured);
/* For people, with the curve of a change as a picture. */
void report_words(struct textbuf *buf, const struct measure_config *config, const struct measured *measured);

#endif
