/**
 * The process server's table, and allowances: random ones against what they must be, and nothing is left.
 *
 * Sources: services/proc/table.c services/proc/allowance.c
 * Includes: lib
 */
#include <check.h>
#include <services/proc/allowance.h>
#include <services/proc/table.h>
#include <stdlib.h>

#define SEEDS      40
#define OPERATIONS 3000
#define PROCESSES  64
#define ALLOWANCES 12
#define MEGABYTE   0x100000UL

/* Allowances against a model that counts by going through everybody. */

static struct {
    struct allowance *allowance; ///< NULL: there is none.
    unsigned within;             ///< ALLOWANCES: in none.
    uint32_t processes_max;
} allowances[ALLOWANCES];

static struct {
    unsigned in; ///< ALLOWANCES: it is not there.
    uint64_t ram_bytes;
} users[PROCESSES];

static bool is_within(unsigned inner, unsigned outer)
{
    while (inner != ALLOWANCES && inner != outer) {
        inner = allowances[inner].within;
    }
    return inner == outer;
}

static void count(unsigned allowance, unsigned *processes, uint64_t *ram_bytes)
{
    *processes = 0;
    *ram_bytes = 0;
    for (unsigned i = 0; i < PROCESSES; i++) {
        if (users[i].in != ALLOWANCES && is_within(users[i].in, allowance)) {
            ++*processes;
            *ram_bytes += users[i].ram_bytes;
        }
    }
}

static bool has_room(unsigned allowance, uint64_t ram_bytes)
{
    for (unsigned at = allowance; at != ALLOWANCES; at = allowances[at].within) {
        unsigned processes;
        uint64_t used;
        count(at, &processes, &used);
        if (ram_bytes ? used + ram_bytes > allowances[at].processes_max * ALLOWANCE_RAM_BYTES
                      : processes == allowances[at].processes_max) {
            return false;
        }
    }
    return true;
}

/// Who is not used any more goes by itself, and those that it was within, if they are not used.
static void forget_unused(void)
{
    for (bool again = true; again;) {
        again = false;
        for (unsigned i = 0; i < ALLOWANCES; i++) {
            bool used = !allowances[i].allowance;
            for (unsigned j = 0; j < PROCESSES; j++) {
                used |= users[j].in == i;
            }
            for (unsigned j = 0; j < ALLOWANCES; j++) {
                used |= allowances[j].allowance && allowances[j].within == i;
            }
            if (!used) {
                allowances[i].allowance = NULL;
                again = true;
            }
        }
    }
}

static void make_allowance(unsigned user, unsigned slot)
{
    unsigned within = rand() % (ALLOWANCES + 1);
    struct allowance *outer = NULL;
    if (within != ALLOWANCES) {
        outer = allowances[within].allowance;
        within = outer ? within : ALLOWANCES;
    }
    uint32_t processes_max = 1 + (uint32_t)rand() % 12;
    struct allowance *allowance = allowance_create(outer, slot, processes_max);
    if (!allowance) {
        return; // too deep
    }
    allowances[slot].allowance = allowance;
    allowances[slot].within = within;
    allowances[slot].processes_max = processes_max;
    const bool room = has_room(slot, 0);
    assert_int_equal(err_is_ok(allowance_take(allowance)), room);
    if (room) {
        users[user].in = slot;
        users[user].ram_bytes = 0;
    }
    assert_true(!room || allowance_is_owned_by(allowance, slot));
    forget_unused();
}

static void use(unsigned user, unsigned slot)
{
    const bool room = has_room(slot, 0);
    assert_int_equal(err_is_ok(allowance_take(allowances[slot].allowance)), room);
    if (!room) {
        return;
    }
    const uint64_t ram_bytes = 1 + (uint64_t)rand() % (3 * MEGABYTE);
    users[user].in = slot;
    users[user].ram_bytes = 0;
    const bool ram = has_room(slot, ram_bytes);
    assert_int_equal(err_is_ok(allowance_take_ram(allowances[slot].allowance, ram_bytes)), ram);
    users[user].ram_bytes = ram ? ram_bytes : 0;
}

static void leave(unsigned user)
{
    allowance_give_back(allowances[users[user].in].allowance, users[user].ram_bytes);
    users[user].in = ALLOWANCES;
    forget_unused();
}

static void test_allowances(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        srand(seed);
        for (unsigned i = 0; i < PROCESSES; i++) {
            users[i].in = ALLOWANCES;
        }
        for (unsigned i = 0; i < OPERATIONS; i++) {
            unsigned user = (unsigned)rand() % PROCESSES, slot = (unsigned)rand() % ALLOWANCES;
            if (users[user].in != ALLOWANCES) {
                leave(user);
            } else if (allowances[slot].allowance) {
                use(user, slot);
            } else {
                make_allowance(user, slot);
            }
        }
        for (unsigned i = 0; i < PROCESSES; i++) {
            if (users[i].in != ALLOWANCES) {
                leave(i);
            }
        }
        for (unsigned i = 0; i < ALLOWANCES; i++) {
            assert_null(allowances[i].allowance); // and the sanitizer knows that it was freed
        }
    }
}

static void test_deep_allowances(void **state)
{
    (void)state;
    struct allowance *allowance = NULL, *inner;
    unsigned depth = 0;
    while ((inner = allowance_create(allowance, depth + 1, 100))) {
        allowance = inner;
        depth++;
    }
    assert_in_range(depth, 2, 16);
    assert_ok(allowance_take(allowance));
    for (unsigned owner = 1; owner <= depth; owner++) {
        assert_true(allowance_is_owned_by(allowance, owner));
    }
    assert_false(allowance_is_owned_by(allowance, depth + 1));
    allowance_give_back(allowance, 0);
}

/* The table against an array. */

static struct process *there[PROCESSES];

static void add(unsigned index, domainid_t pid)
{
    struct process *process = process_create(), *parent = there[(unsigned)rand() % PROCESSES];
    assert_non_null(process);
    process->pid = pid;
    process->is_ours = rand() % 4 != 0;
    process->is_detached = rand() % 4 == 0;
    process->spawn.dispatcher_number = pid + 7;
    process_insert(process);
    if (process->is_ours) {
        process_insert_dispatcher(process);
    }
    if (parent) {
        process_adopt(parent, process);
    }
    there[index] = process;
}

static void drop(unsigned index)
{
    struct process *process = there[index];
    if (process->is_ours) {
        process_remove_dispatcher(process);
        assert_null(process_find_dispatcher(process->spawn.dispatcher_number));
    }
    while (process->children.first) {
        process_orphan(process->children.first);
    }
    assert_int_equal(process->child_count, 0);
    if (process->parent) {
        process_orphan(process);
    }
    const domainid_t pid = process->pid;
    process_destroy(process);
    assert_null(process_find(pid));
    there[index] = NULL;
}

static unsigned waited_children(const struct process *parent)
{
    unsigned count = 0;
    for (unsigned i = 0; i < PROCESSES; i++) {
        count += there[i] && there[i]->parent == parent && !there[i]->is_detached;
    }
    return count;
}

static void check_table(void)
{
    unsigned ours = 0, seen = 0;
    for (unsigned i = 0; i < PROCESSES; i++) {
        if (there[i]) {
            ours += there[i]->is_ours;
            assert_ptr_equal(process_find(there[i]->pid), there[i]);
            assert_ptr_equal(process_find_dispatcher(there[i]->pid + 7), there[i]->is_ours ? there[i] : NULL);
            assert_int_equal(there[i]->child_count, waited_children(there[i]));
        }
    }
    for (const struct process *process = process_next(NULL); process; process = process_next(process)) {
        assert_true(process->is_ours);
        seen++;
    }
    assert_int_equal(seen, ours);
    assert_int_equal(process_count(), ours);
}

static void test_table(void **state)
{
    (void)state;
    domainid_t pid = 1;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        srand(seed);
        for (unsigned i = 0; i < OPERATIONS; i++) {
            unsigned index = (unsigned)rand() % PROCESSES;
            pid += 1 + (unsigned)rand() % 3 * 512; // some meet in one chain
            if (there[index]) {
                drop(index);
            } else {
                add(index, pid);
            }
            if (i % 50 == 0) {
                check_table();
            }
        }
        for (unsigned i = 0; i < PROCESSES; i++) {
            if (there[i]) {
                drop(i);
            }
        }
        check_table();
    }
}

static void test_full_table(void **state)
{
    (void)state;
    static struct process *all[PROCESSES_MAX];
    for (unsigned i = 0; i < PROCESSES_MAX; i++) {
        all[i] = process_create();
        assert_non_null(all[i]);
    }
    assert_null(process_create());
    for (unsigned i = 0; i < PROCESSES_MAX; i++) {
        process_destroy(all[i]);
    }
    check_table();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allowances),
        cmocka_unit_test(test_deep_allowances),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_full_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
