/**
 * How processes end: the kernel tells of it, or somebody ends them here; then everything of them is taken
 * back, and whoever wants to know is told.
 *
 * An end costs what there was of the process and who watched it, however many others there are.
 */
#ifndef PROC_ENDS_H
#define PROC_ENDS_H

#include "table.h"

/// Starts listening to the kernel. Once.
errval_t ends_init(void);

/// Where the kernel is to tell of the ends of processes.
struct capref ends_endpoint(void);

/// A process has just been started: notes its end if that has come already.
void ends_check(struct process *process);

/// Ends a process that runs. \return PROC_ERR_NO_PROCESS if it had ended by itself. May block
errval_t ends_stop(struct process *process, enum process_reason reason, int exit_code);

/// Notes the ends that the kernel has told of until now.
void ends_take_news(void);

/// Takes everything back of those that have ended, and tells of them. May block.
void ends_bury(void);

/// Nobody has to know of an ended process any more: its entry goes.
void ends_forget(struct process *process);

/// A client that init had started is gone; so is its entry.
void ends_client_gone(struct process *process);

#endif
