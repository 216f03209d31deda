#include <aos/dispatch.h>
#include <aos/paging.h>
#include <aos/ram_alloc.h>
#include <paging/fault.h>
#include <picotls.h>
#include <string.h>
#include <threads/stacks.h>

#define KEPT_MAX      8
#define CONTROL_ALIGN 64UL
#define STACK_MAX     (1UL << 32)

/// What the library needs below a handler that has used up its stack, to put memory behind the next page.
#define FAULT_RESERVE_BYTES 0x1000UL

extern char __arm64_tls_tcb_offset[]; ///< Bytes between the thread pointer and the data, domain.ld.

/// Memory of ended threads, all with stacks of the usual size. Changed disabled.
static struct {
    struct sync_queue queue;
    unsigned count;
} kept;

/// Bytes at the top of a thread's memory that are not stack.
static size_t control_bytes(void)
{
    return ROUND_UP(sizeof(struct thread), CONTROL_ALIGN)
           + ROUND_UP((size_t)(uintptr_t)__arm64_tls_tcb_offset + _tls_size(), CONTROL_ALIGN);
}

static size_t memory_bytes(void)
{
    return ROUND_UP(FAULT_RESERVE_BYTES + THREAD_FAULT_STACK_BYTES + control_bytes(), BASE_PAGE_SIZE);
}

static errval_t memory_map(size_t stack_bytes, struct thread **ret)
{
    struct paging_state *st = get_current_paging_state();
    struct capref frame;
    void *base;
    lvaddr_t stack;
    errval_t err = frame_alloc(&frame, memory_bytes(), NULL);
    if (err_is_fail(err)) {
        return err;
    }
    err = paging_map_frame(st, &base, memory_bytes(), frame);
    if (err_is_ok(err)) {
        err = paging_stack_create(st, stack_bytes, &stack);
        if (err_is_fail(err)) {
            paging_unmap(st, base);
        }
    }
    if (err_is_fail(err)) {
        ram_free(frame);
        return err;
    }
    lvaddr_t top = (lvaddr_t)base + memory_bytes() - control_bytes();
    *ret = (struct thread *)top;
    **ret = (struct thread){
        .frame = frame,
        .stack_base = stack,
        .stack_top = stack + stack_bytes,
        .fault_stack_base = (lvaddr_t)base,
        .fault_stack_top = top,
        .tp = top + ROUND_UP(sizeof(struct thread), CONTROL_ALIGN),
    };
    return SYS_ERR_OK;
}

static struct thread *take_kept(void)
{
    struct dispatcher_shared *disp = disp_disable();
    struct thread *thread = thread_queue_take(&kept.queue);
    kept.count -= thread != NULL;
    disp_enable(disp);
    return thread;
}

errval_t thread_memory_alloc(size_t stack_bytes, struct thread **ret)
{
    if (stack_bytes > STACK_MAX) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    stack_bytes = stack_bytes ? ROUND_UP(stack_bytes, BASE_PAGE_SIZE) : BASE_PAGE_SIZE;
    struct thread *thread = stack_bytes == THREAD_STACK_BYTES ? take_kept() : NULL;
    if (!thread) {
        errval_t err = memory_map(stack_bytes, &thread);
        if (err_is_fail(err)) {
            return err;
        }
    }
    thread->fault_handler = NULL;
    _init_tls((char *)thread->tp + (uintptr_t)__arm64_tls_tcb_offset);
    *ret = thread;
    return SYS_ERR_OK;
}

void thread_memory_free(struct thread *thread)
{
    struct paging_state *st = get_current_paging_state();
    if (thread->stack_grown) {
        paging_stack_trim(st, thread->stack_base, thread->stack_top);
        thread->stack_grown = false;
    }
    if (thread->stack_top - thread->stack_base == THREAD_STACK_BYTES) {
        struct dispatcher_shared *disp = disp_disable();
        bool keep = kept.count < KEPT_MAX;
        if (keep) {
            thread_queue_append(&kept.queue, thread);
            kept.count++;
        }
        disp_enable(disp);
        if (keep) {
            return;
        }
    }
    struct capref frame = thread->frame;
    const void *memory = (const void *)thread->fault_stack_base;
    paging_stack_destroy(st, thread->stack_base);
    paging_unmap(st, memory);
    ram_free(frame);
}

lvaddr_t threads_grow_main_stack(size_t limit_bytes)
{
    struct thread *self = thread_self();
    lvaddr_t base;
    limit_bytes = ROUND_UP(limit_bytes, BASE_PAGE_SIZE);
    if (err_is_fail(paging_stack_create(get_current_paging_state(), limit_bytes, &base))) {
        return 0;
    }
    self->fault_stack_base = self->stack_base;
    self->fault_stack_top = self->stack_top;
    self->stack_base = base;
    self->stack_top = base + limit_bytes;
    return self->stack_top;
}

bool thread_stack_prepare(size_t bytes)
{
    const struct thread *self = thread_self();
    const lvaddr_t here = (lvaddr_t)__builtin_frame_address(0);
    const bool handles_fault = here > self->fault_stack_base && here <= self->fault_stack_top;
    const lvaddr_t base = handles_fault ? self->fault_stack_base : self->stack_base;
    if (here < base || here - base < bytes) {
        return false;
    }
    for (size_t below = BASE_PAGE_SIZE; !handles_fault && below < bytes + BASE_PAGE_SIZE;
         below += BASE_PAGE_SIZE) {
        (void)*(volatile const char *)(here - (below < bytes ? below : bytes));
    }
    return true;
}
