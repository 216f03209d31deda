/**
 * What init can be told to do. Each returns the status that the machine is switched off with, 0 if all went
 * well.
 */
#ifndef INIT_INIT_H
#define INIT_INIT_H

#include "command_line.h"

/// Runs bench suites. suites.c
unsigned init_run_benches(const struct command_line *line);

/// Runs a test domain. tests.c
unsigned init_run_test(const struct command_line *line);

/// Starts the usual domains and stays. run.c
unsigned init_run_services(void);

#endif
