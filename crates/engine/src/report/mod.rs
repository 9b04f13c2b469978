//! What comes out: the result, the tables, the page, and the folder that holds them.
//!
//! [`Report`] is `result.json`; everything else that is written follows from it and from the rows and pictures that
//! are too large for it.

pub mod csv;
mod curves;
pub mod html;
mod json;
mod model;
#[cfg(feature = "parquet")]
pub mod parquet;
mod schema;
pub mod summary;
pub(crate) mod write;

#[cfg(test)]
pub(crate) mod sample;

pub use json::ReadError;
pub(crate) use json::json_text;
pub use model::*;
pub use schema::json_schema;
pub use write::{
    COMPARISON, FolderKind, OutputError, OutputFile, RESULT, check_folder, check_folder_of,
    check_named_files, recover, write_audited_folder, write_folder, write_folder_of,
    write_named_files,
};
