/**
 * The kernel command line: what init is to do.
 */
#ifndef INIT_COMMAND_LINE_H
#define INIT_COMMAND_LINE_H

#include <abi/errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum init_mode {
    INIT_MODE_RUN,   ///< Start the usual services.
    INIT_MODE_BENCH, ///< Run bench suites and end.
    INIT_MODE_TEST,  ///< Run one test domain and end.
};

#define COMMAND_LINE_BYTES 1024

/// Words of the command line are `key=value`; each may come once.
struct command_line {
    enum init_mode mode; ///< mode=run|bench|test; without it run
    const char *suites;  ///< suites=a,b or all; without it all
    uint32_t samples;    ///< samples=N: repetitions of each bench; 0: as the bench says
    const char *fault; ///< fault=suite.bench: this bench dies half way, to test what happens then; NULL: none
    const char *slow;  ///< slow=suite.bench:P: this bench takes P percent longer, to test that it is found
    const char *test;  ///< test=NAME, for mode=test: spawn, crash, or any other test domain
    const char *seed;  ///< seed=N, passed on to the test
    const char *check; ///< check=1, passed on to the test: it is to have the kernel checked at every step
    const char *how;   ///< how=WORD, passed on to the test: which of its ways
    const char *calls; ///< calls=N, passed on to the test; for spawn how many domains
    uint32_t cores;    ///< cores=N: so many are to run; 0: all
    bool services; ///< services=1, for mode=test: the services are started, and the test has no other console
    char text[COMMAND_LINE_BYTES];
};

/**
 * Reads it. Words that are the kernel's own are skipped.
 *
 * \param bad_word what could not be understood, for the message
 * \return SYS_ERR_OK, or INIT_ERR_COMMAND_LINE
 */
errval_t command_line_read(const char *text, size_t bytes, struct command_line *line, const char **bad_word);

#endif
