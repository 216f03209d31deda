#include "crosscalls.h"

#include <interfaces/mem.h>
#include <interfaces/proc.h>
#include <interfaces/test.h>
#include <stdio.h>

#define SETTLE_TRIES 100
#define SETTLE_US    20000

static struct rpc_client *connect_init(void)
{
    static struct rpc_client *init;
    if (!init) {
        CHECK_OK(rpc_connect("test", &test_interface, &init));
    }
    return init;
}

void balance_take(uint64_t running, struct balance *balance)
{
    *balance = (struct balance){0};
    CHECK_OK(test_free_memory(connect_init(), &balance->init_free));
    CHECK_OK(test_used_slots(connect_init(), &balance->init_slots));
    for (coreid_t core = 0; running >> core; core++) {
        static struct rpc_client *mem[CORES_MAX], *proc[CORES_MAX];
        uint64_t total, unused, granted, quota, sessions, capabilities, slots, borrowed;
        uint64_t processes, watches;
        int64_t ram;
        if (!(running >> core & 1)) {
            continue;
        }
        if (!mem[core]) {
            CHECK_OK(rpc_connect_at(core, "mem", &mem_interface, &mem[core]));
            CHECK_OK(rpc_connect_at(core, "proc", &proc_interface, &proc[core]));
        }
        CHECK_OK(mem_status(mem[core], &total, &unused, &granted, &quota, &sessions));
        CHECK_OK(proc_usage(proc[core], &processes, &watches, &capabilities, &slots, &ram, &borrowed));
        balance->cores[core].used = total - unused - borrowed; // the process server keeps some for later
        balance->cores[core].sessions = sessions;
        balance->cores[core].slots = slots;
        balance->cores[core].processes = processes;
    }
}

void balance_take_settled(uint64_t running, struct balance *balance)
{
    struct balance last;
    balance_take(running, balance);
    unsigned tries = 0;
    do {
        CHECK(tries++ < SETTLE_TRIES);
        last = *balance;
        thread_sleep_us(SETTLE_US);
        balance_take(running, balance);
    } while (memcmp(&last, balance, sizeof(last)) != 0);
}

static bool is_same(const char *what, uint64_t before, uint64_t now, bool says)
{
    if (before != now && says) {
        printf("crosscalls: %s: %lu before, %lu now\n", what, (unsigned long)before, (unsigned long)now);
    }
    return before == now;
}

static bool compare(uint64_t running, const struct balance *before, bool says)
{
    struct balance now;
    balance_take(running, &now);
    bool same = is_same("slots of init", before->init_slots, now.init_slots, says);
    same &= is_same("free memory of init", before->init_free, now.init_free, says);
    for (unsigned core = 0; core < CORES_MAX; core++) {
        char what[TEXT_BYTES];
        snprintf(what, sizeof(what), "memory of core %u", core);
        same &= is_same(what, before->cores[core].used, now.cores[core].used, says);
        snprintf(what, sizeof(what), "slots of proc, core %u", core);
        same &= is_same(what, before->cores[core].slots, now.cores[core].slots, says);
        snprintf(what, sizeof(what), "processes of core %u", core);
        same &= is_same(what, before->cores[core].processes, now.cores[core].processes, says);
        snprintf(what, sizeof(what), "sessions of mem, core %u", core);
        same &= is_same(what, before->cores[core].sessions, now.cores[core].sessions, says);
    }
    return same;
}

bool balance_is_back(uint64_t running, const struct balance *before)
{
    for (unsigned i = 0; i < SETTLE_TRIES; i++) {
        if (compare(running, before, false)) {
            return true;
        }
        thread_sleep_us(SETTLE_US);
    }
    return compare(running, before, true);
}
