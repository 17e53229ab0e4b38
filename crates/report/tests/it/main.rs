//! The formats as their readers see them.

mod documents;
mod examples;
mod json_lines;
mod places;
mod property;
mod sample;
mod schemas;
mod text;
mod xml_schemas;
