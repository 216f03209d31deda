/**
 * Waiting for any child, when there are children on several cores.
 *
 * Each core's process server knows its own. So a thread asks each of them, and what they tell stands in a
 * list until somebody waits for it.
 */
#include <aos/dispatch.h>
#include <aos/sync.h>
#include <aos/threads.h>
#include <abi/syscall.h>
#include <interfaces/proc.h>
#include <process/client.h>
#include <stdlib.h>

/// A child that has ended and was not waited for here.
struct ended {
    domainid_t pid;
    struct process_end end;
    struct ended *next;
};

static struct {
    struct thread_mutex mutex;
    struct thread_cond news;
    uint64_t cores; ///< On which there may be children: bit n is core n.
    uint64_t asked; ///< Where a thread waits.
    uint64_t again; ///< Where a child was started since then.
    struct ended *first, **last;
} children = {.last = &children.first};

void process_note_child(coreid_t core)
{
    thread_mutex_lock(&children.mutex);
    children.cores |= 1UL << core;
    children.again |= 1UL << core;
    thread_mutex_unlock(&children.mutex);
}

/// Takes the first of the list, or the one of a number. With the mutex.
static bool take(domainid_t pid, domainid_t *ended, struct process_end *end)
{
    for (struct ended **link = &children.first; *link; link = &(*link)->next) {
        struct ended *at = *link;
        if (pid != PROC_ANY_CHILD && pid != at->pid) {
            continue;
        }
        *link = at->next;
        if (!at->next) {
            children.last = link;
        }
        *ended = at->pid;
        if (end) {
            *end = at->end;
        }
        free(at);
        return true;
    }
    return false;
}

bool process_take_end(domainid_t pid, struct process_end *end)
{
    domainid_t ended;
    thread_mutex_lock(&children.mutex);
    const bool is_there = take(pid, &ended, end);
    thread_mutex_unlock(&children.mutex);
    return is_there;
}

/// Asks a core until it has no child of ours.
static int ask(void *argument)
{
    const coreid_t core = (coreid_t)(uintptr_t)argument;
    struct ended *ended = malloc(sizeof(*ended));
    errval_t err = ended ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL;
    if (err_is_ok(err)) {
        err = process_wait_on(core, PROC_ANY_CHILD, &ended->pid, &ended->end);
    }
    thread_mutex_lock(&children.mutex);
    children.asked &= ~(1UL << core);
    if (err_is_ok(err)) {
        ended->next = NULL;
        *children.last = ended;
        children.last = &ended->next;
    } else {
        free(ended);
        if (!(children.again >> core & 1)) {
            children.cores &= ~(1UL << core); // no child, or nobody there who knew of any
        }
    }
    thread_cond_broadcast(&children.news);
    thread_mutex_unlock(&children.mutex);
    return 0;
}

/// Has a thread ask each core that is not asked yet. With the mutex.
static errval_t ask_all(void)
{
    for (unsigned core = 0; core < CORES_MAX; core++) {
        struct thread *thread;
        if (!((children.cores & ~children.asked) >> core & 1)) {
            continue;
        }
        children.again &= ~(1UL << core);
        errval_t err = thread_create(ask, (void *)(uintptr_t)core, &thread);
        if (err_is_fail(err)) {
            return err;
        }
        children.asked |= 1UL << core;
        thread_detach(thread);
    }
    return SYS_ERR_OK;
}

errval_t process_wait_any(domainid_t *pid, struct process_end *end)
{
    const coreid_t own = disp_get_core_id();
    errval_t err = SYS_ERR_OK;
    thread_mutex_lock(&children.mutex);
    if (!children.first && !children.asked && !(children.cores & ~(1UL << own))) {
        thread_mutex_unlock(&children.mutex);
        return process_wait_on(own, PROC_ANY_CHILD, pid, end);
    }
    while (!take(PROC_ANY_CHILD, pid, end) && err_is_ok(err)) {
        err = children.cores ? ask_all() : PROC_ERR_NO_CHILD;
        if (err_is_ok(err)) {
            thread_cond_wait(&children.news, &children.mutex);
        }
    }
    thread_mutex_unlock(&children.mutex);
    return err;
}
