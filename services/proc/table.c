#include "table.h"

#include <stdlib.h>

/// Numbers follow one another, so chains are as long as there are processes for each of these.
#define BUCKETS 1024

static struct {
    struct process *by_pid[BUCKETS];
    struct process *by_dispatcher[BUCKETS];
    unsigned entries; ///< With those that are in no index.
    unsigned ours;    ///< In the index.
} table;

struct process *process_find(domainid_t pid)
{
    struct process *process = table.by_pid[pid % BUCKETS];
    while (process && process->pid != pid) {
        process = process->next_pid;
    }
    return process;
}

struct process *process_find_dispatcher(uint32_t dispatcher)
{
    struct process *process = table.by_dispatcher[dispatcher % BUCKETS];
    while (process && process->spawn.dispatcher_number != dispatcher) {
        process = process->next_dispatcher;
    }
    return process;
}

struct process *process_create(void)
{
    if (table.entries == PROCESSES_MAX) {
        return NULL;
    }
    struct process *process = calloc(1, sizeof(*process));
    table.entries += process != NULL;
    return process;
}

void process_insert(struct process *process)
{
    struct process **bucket = &table.by_pid[process->pid % BUCKETS];
    process->next_pid = *bucket;
    *bucket = process;
    table.ours += process->is_ours;
}

void process_insert_dispatcher(struct process *process)
{
    struct process **bucket = &table.by_dispatcher[process->spawn.dispatcher_number % BUCKETS];
    process->next_dispatcher = *bucket;
    *bucket = process;
}

void process_remove_dispatcher(struct process *process)
{
    struct process **link = &table.by_dispatcher[process->spawn.dispatcher_number % BUCKETS];
    while (*link != process) {
        link = &(*link)->next_dispatcher;
    }
    *link = process->next_dispatcher;
}

void process_destroy(struct process *process)
{
    struct process **link = &table.by_pid[process->pid % BUCKETS];
    while (*link && *link != process) {
        link = &(*link)->next_pid;
    }
    if (*link) {
        *link = process->next_pid;
        table.ours -= process->is_ours;
    }
    table.entries--;
    free(process);
}

unsigned process_count(void)
{
    return table.ours;
}

struct process *process_next(const struct process *process)
{
    unsigned bucket = process ? process->pid % BUCKETS : 0;
    struct process *next = process ? process->next_pid : table.by_pid[0];
    for (;;) {
        while (next && !next->is_ours) {
            next = next->next_pid;
        }
        if (next || ++bucket == BUCKETS) {
            return next;
        }
        next = table.by_pid[bucket];
    }
}

void process_list_add(struct process_list *list, struct process *process)
{
    process->siblings = (struct process_links){.previous = list->last};
    if (list->last) {
        list->last->siblings.next = process;
    } else {
        list->first = process;
    }
    list->last = process;
}

void process_list_remove(struct process_list *list, struct process *process)
{
    struct process_links *links = &process->siblings;
    *(links->previous ? &links->previous->siblings.next : &list->first) = links->next;
    *(links->next ? &links->next->siblings.previous : &list->last) = links->previous;
}

void process_adopt(struct process *parent, struct process *child)
{
    child->parent = parent;
    parent->child_count += !child->is_detached;
    process_list_add(&parent->children, child);
}

void process_orphan(struct process *child)
{
    struct process *parent = child->parent;
    process_list_remove(child->is_buried ? &parent->zombies : &parent->children, child);
    parent->child_count -= !child->is_detached;
    child->parent = NULL;
}
