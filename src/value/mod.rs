//! Values, types and units; dates, day counts and calendars.

mod calendar;
mod cells;
mod dates;
mod daycount;
mod raw;
pub mod row_key;
mod types;
mod unit;

pub use calendar::{Calendar, CalendarError};
pub use cells::{
    Bits, Cells, Filling, Gathered, Held, Looked, Meaning, Packed, Pairs, PairsOf, Part, Placed, Room,
    SEGMENT, Sealed, Segment, Slabs, Spare, Stay, Store, Texts, append,
};
pub use dates::{DateError, MonthEnd, add_days, add_months, days_between, last_of_month, parse_date};
pub use daycount::{DayCount, days_360};
pub use raw::{Characters, Grid, Place, Raw, RawKind};
pub use types::{EnumType, Field, RecordType, Type, Value, join};
pub use unit::{Presentation, Unit};
