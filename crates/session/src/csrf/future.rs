//! The future of the anti-forgery service: read the form where one must be read, decide, forward.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use http::{Request, Response, request::Parts};
use http_body::{Body, Frame};
use palisade_core::{Head, Respond};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{Csrf, CsrfRefused, CsrfRefusedKind, form};

/// The most bytes of a form that are read to find its token.
const MAX_FORM: usize = 64 * 1024;

pin_project! {
    /// The answer of a [`CsrfService`](crate::CsrfService).
    #[must_use = "futures do nothing unless polled"]
    pub struct CsrfFuture<I, R, A, B>
    where
        I: Service<Request<A>>,
    {
        #[pin]
        state: State<I, A, B>,
        respond: R,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<I, A, B>
    where
        I: Service<Request<A>>,
    {
        Reading { #[pin] body: A, reading: Reading<I> },
        Running { #[pin] future: I::Future },
        Done { response: Option<Response<B>> },
    }
}

/// A request whose form is being read.
pub(super) struct Reading<I> {
    service: I,
    parts: Option<Parts>,
    form: BytesMut,
    csrf: Arc<Csrf>,
}

impl<I> Reading<I> {
    /// The request's head, kept aside, and its body.
    pub(super) fn new<A>(service: I, request: Request<A>, csrf: &Arc<Csrf>) -> (A, Self) {
        let (parts, body) = request.into_parts();
        let reading = Self {
            service,
            parts: Some(parts),
            form: BytesMut::new(),
            csrf: Arc::clone(csrf),
        };
        (body, reading)
    }

    /// Keeps what has come; `false` where it is too much.
    fn keep<D: Buf>(&mut self, frame: Frame<D>) -> bool {
        let Ok(mut data) = frame.into_data() else {
            return true;
        };
        if self.form.len().saturating_add(data.remaining()) > MAX_FORM {
            return false;
        }
        let coming = data.remaining();
        self.form.extend_from_slice(&data.copy_to_bytes(coming));
        true
    }

    /// Decides with the token that the form has, or has not.
    fn conclude(
        &mut self,
        readable: Result<(), CsrfRefusedKind>,
    ) -> Option<Result<(Parts, Bytes), CsrfRefused>> {
        let mut parts = self.parts.take()?;
        let form = std::mem::take(&mut self.form).freeze();
        let submission = self
            .csrf
            .submission(&Head::from(&parts))
            .with_token(form::token(&form));
        let verdict = readable.and_then(|()| self.csrf.decide(&submission));
        let passed = match self.csrf.conclude(verdict, &submission) {
            // A form that could not be read is gone, whatever the mode.
            Ok(passed) if readable.is_ok() => passed,
            Ok(_) => return Some(Err(CsrfRefused::new(CsrfRefusedKind::FormTooLarge))),
            Err(refused) => return Some(Err(refused)),
        };
        parts.extensions.insert(passed);
        Some(Ok((parts, form)))
    }
}

impl<I, R, A, B> CsrfFuture<I, R, A, B>
where
    I: Service<Request<A>, Response = Response<B>>,
    R: Respond<CsrfRefused, B>,
{
    pub(super) fn reading((body, reading): (A, Reading<I>), respond: R) -> Self {
        let state = State::Reading { body, reading };
        Self { state, respond }
    }

    pub(super) const fn forwarded(future: I::Future, respond: R) -> Self {
        let state = State::Running { future };
        Self { state, respond }
    }

    pub(super) fn refused(refused: CsrfRefused, respond: R) -> Self {
        let response = Some(refuse(&respond, refused));
        let state = State::Done { response };
        Self { state, respond }
    }
}

impl<I, R, A, B> Future for CsrfFuture<I, R, A, B>
where
    I: Service<Request<A>, Response = Response<B>>,
    R: Respond<CsrfRefused, B>,
    A: Body + From<Bytes>,
{
    type Output = Result<Response<B>, I::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Reading { body, reading } => {
                    let readable = match ready!(body.poll_frame(cx)) {
                        Some(Ok(frame)) => {
                            if reading.keep(frame) {
                                continue;
                            }
                            Err(CsrfRefusedKind::FormTooLarge)
                        }
                        // The client hung up, or sent what is no body: there is no token in it.
                        Some(Err(_)) => Err(CsrfRefusedKind::TokenMissing),
                        None => Ok(()),
                    };
                    match reading.conclude(readable) {
                        Some(Ok((parts, form))) => State::Running {
                            future: reading.service.call(Request::from_parts(parts, A::from(form))),
                        },
                        Some(Err(refused)) => State::Done {
                            response: Some(refuse(this.respond, refused)),
                        },
                        None => return Poll::Pending,
                    }
                }
                StateProj::Running { future } => return future.poll(cx),
                // A future must not be polled after it was ready; one that is polled all the same never answers.
                StateProj::Done { response } => {
                    return response
                        .take()
                        .map_or(Poll::Pending, |response| Poll::Ready(Ok(response)));
                }
            };
            this.state.set(next);
        }
    }
}

/// The response to a refusal, with the refusal in its extensions.
fn refuse<B, R: Respond<CsrfRefused, B>>(respond: &R, refused: CsrfRefused) -> Response<B> {
    let mut response = respond.respond(&refused);
    response.extensions_mut().insert(refused);
    response
}

impl<I, R, A, B> fmt::Debug for CsrfFuture<I, R, A, B>
where
    I: Service<Request<A>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfFuture").finish_non_exhaustive()
    }
}
