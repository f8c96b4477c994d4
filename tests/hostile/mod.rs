//! What nobody honest does: who answers under the server's name, who owns a database and means the others
//! harm.

mod clones;
mod connections;
mod everywhere;
mod impostor;
mod marks;
mod restored;
mod superuser;
mod words;
