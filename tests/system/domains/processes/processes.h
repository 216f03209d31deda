/**
 * Tests of processes: what the files of this domain share.
 */
#ifndef PROCESSES_H
#define PROCESSES_H

#include "../check.h"

#include <aos/process.h>

#define SELF "processes" ///< This program, of which most children are.

/// Starts `path` with up to three arguments behind its name; those that are NULL end the list.
domainid_t start(const char *path, const char *a, const char *b, const struct process_options *options);

/// Waits for the end of a process, which must be this one.
void expect_end(domainid_t pid, enum process_reason reason, int exit_code);

/// The same for a child of this program in a role.
void run_role(const char *role, const char *argument, int exit_code);

/// What there is of everything: it must be the same when all children are gone.
struct balance {
    struct process_usage server;
    uint64_t mem_free, mem_granted, mem_sessions; ///< Of the memory server.
    uint64_t init_free;
    uint64_t init_slots;
};

void balance_take(struct balance *balance);
/// Prints what is not the same. \return false if there is something
bool balance_is_same(const struct balance *before, const struct balance *after);

/// Each way to start, end, and find out, once. calls.c
void test_calls(void);

/// Who may do what, and how many. policy.c
void test_policy(void);

/// Somebody starts as many as it may, and they all do the same. policy.c
void test_bomb(uint32_t processes);

/// Several at once: threads, observers. together.c
void test_together(void);

/// Many in a row, which end in all ways at random. churn.c
void test_churn(unsigned long count, uint32_t seed);

/// What a process costs while many others are there. churn.c
void test_crowd(unsigned count);

/// What a child does. \return its exit code. roles.c
int be_child(int argc, char *argv[], char *envp[]);

#endif
