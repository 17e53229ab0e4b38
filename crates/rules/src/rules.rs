//! The list of rules. Each line registers one file of this folder; a test finds forgotten ones.

use crate::rule::Rule;

macro_rules! register {
    ($($module:ident :: $rule:ident,)*) => {
        $(mod $module;)*

        static RULES: &[&dyn Rule] = &[$(&$module::$rule,)*];
    };
}

register! {
    defer_in_loop::DeferInLoop,
    defer_in_endless_loop::DeferInEndlessLoop,
    defer_in_channel_range::DeferInChannelRange,
    defer_argument_too_early::DeferArgumentTooEarly,
    deferred_call_missing::DeferredCallMissing,
    deferred_result_lost::DeferredResultLost,
    deferred_write_to_unnamed_result::DeferredWriteToUnnamedResult,
    recover_misplaced::RecoverMisplaced,
    recover_silent::RecoverSilent,
    defer_loop_variable::DeferLoopVariable,
    defer_before_error_check::DeferBeforeErrorCheck,
    defer_just_before_return::DeferJustBeforeReturn,
    context_nested_in_loop::ContextNestedInLoop,
    captured_variable_race::CapturedVariableRace,
    append_aliases::AppendAliases,
    waitgroup_add_inside::WaitgroupAddInside,
    fatal_in_goroutine::FatalInGoroutine,
    needless_defer_closure::NeedlessDeferClosure,
    defer_meant_as_block_scope::DeferMeantAsBlockScope,
    lock_instead_of_unlock::LockInsteadOfUnlock,
    empty_critical_section::EmptyCriticalSection,
    unlock_kind_mismatch::UnlockKindMismatch,
    exit_skips_defer::ExitSkipsDefer,
    defer_before_endless_wait::DeferBeforeEndlessWait,
    unreachable_defer::UnreachableDefer,
    lock_copied::LockCopied,
    lock_not_released::LockNotReleased,
    double_lock::DoubleLock,
    unlock_of_unlocked::UnlockOfUnlocked,
    lock_in_loop_with_defer::LockInLoopWithDefer,
    trylock_ignored::TrylockIgnored,
    lock_held_while_blocking::LockHeldWhileBlocking,
    lock_order::LockOrder,
    defer_nil_function::DeferNilFunction,
    defer_receiver_too_early::DeferReceiverTooEarly,
    file_not_closed::FileNotClosed,
    pipe_not_closed::PipeNotClosed,
    conn_not_closed::ConnNotClosed,
    listener_not_closed::ListenerNotClosed,
    body_not_closed::BodyNotClosed,
    closer_not_closed::CloserNotClosed,
    rows_not_closed::RowsNotClosed,
    stmt_not_closed::StmtNotClosed,
    tx_not_finished::TxNotFinished,
    sqlconn_not_closed::SqlconnNotClosed,
    writer_not_finished::WriterNotFinished,
    temp_not_removed::TempNotRemoved,
    raw_fd_not_closed::RawFdNotClosed,
    iterator_not_stopped::IteratorNotStopped,
    stop_not_called::StopNotCalled,
    cancel_not_called::CancelNotCalled,
    close_error_dropped::CloseErrorDropped,
    flush_error_dropped::FlushErrorDropped,
    released_twice::ReleasedTwice,
    use_after_release::UseAfterRelease,
    rows_err_unchecked::RowsErrUnchecked,
    scanner_err_unchecked::ScannerErrUnchecked,
    discarded_resource::DiscardedResource,
    close_error_masks::CloseErrorMasks,
    commit_error_dropped::CommitErrorDropped,
    rollback_hides_error::RollbackHidesError,
    ticker_not_stopped::TickerNotStopped,
    timer_not_stopped::TimerNotStopped,
    afterfunc_not_stopped::AfterfuncNotStopped,
    cleanup_with_cancelled_context::CleanupWithCancelledContext,
    context_cancelled_too_early::ContextCancelledTooEarly,
    waitgroup_done_missing::WaitgroupDoneMissing,
    defer_with_parallel_subtests::DeferWithParallelSubtests,
    defer_panics::DeferPanics,
    defer_in_recursion::DeferInRecursion,
    exit_outside_main::ExitOutsideMain,
    signal_skips_cleanup::SignalSkipsCleanup,
    defer_too_late::DeferTooLate,
    closure_releases_last_only::ClosureReleasesLastOnly,
    deferred_release_of_returned_value::DeferredReleaseOfReturnedValue,
    release_order::ReleaseOrder,
    owner_without_close::OwnerWithoutClose,
    semaphore_not_released::SemaphoreNotReleased,
    body_not_drained::BodyNotDrained,
    half_built_object::HalfBuiltObject,
    left_in_channel::LeftInChannel,
    pool_item_not_returned::PoolItemNotReturned,
    process_not_waited::ProcessNotWaited,
    span_not_ended::SpanNotEnded,
    overwritten_before_release::OverwrittenBeforeRelease,
    critical_section_stretched::CriticalSectionStretched,
}

/// All rules, by category and name as the catalogue has them.
pub fn all_rules() -> &'static [&'static dyn Rule] {
    RULES
}

/// The rule with this name.
pub fn rule_by_name(name: &str) -> Option<&'static dyn Rule> {
    RULES.iter().copied().find(|rule| rule.meta().name == name)
}
